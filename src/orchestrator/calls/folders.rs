//! The folders that this login sees: to suggest one, where the server refuses the one that was named.
//!
//! Out: paths. Never: fails; a login that may not list folders gets no suggestion. No folder is named in the calls: the
//! one at hand is refused. Source: `docs/orchestrator-api.md`, sections 2 and 10.

use reqwest::Method;
use reqwest::header::AUTHORIZATION;
use serde::de::DeserializeOwned;

use crate::orchestrator::call_error::CallError;
use crate::orchestrator::client::Client;
use crate::orchestrator::http::retrying_client::{CallContext, CallPlace};
use crate::orchestrator::odata::Query;
use crate::orchestrator::wire::{FolderPathDto, FolderPathsDto, ListPage};

/// Maximum pages: a suggestion is not worth more requests.
const MAX_PAGES: usize = 10;
/// Maximum folders that the second list gives at once.
const MAX_TAKEN: usize = 100;
/// Maximum tries of each page.
const MAX_TRIES: u32 = 2;

impl Client {
    /// The fully qualified paths of the folders that this login sees; `None` if the server does not tell.
    pub async fn folder_paths(&self) -> Option<Vec<String>> {
        match self.folders_of_tenant().await {
            Some(paths) if !paths.is_empty() => Some(paths),
            // Whoever may not list the tenant's folders may list his own.
            Some(_) | None => self.folders_of_user().await,
        }
    }

    async fn folders_of_tenant(&self) -> Option<Vec<String>> {
        let mut paths: Vec<String> = Vec::new();
        let mut seen = 0;
        for _ in 0..MAX_PAGES {
            let query = Query::default().with("$select", "Id,FullyQualifiedName").page(seen);
            let page: ListPage<FolderPathDto> =
                self.ask_without_folder(&format!("/odata/Folders{}", query.as_str())).await?;
            let (count, came) = (page.count, page.value.len());
            seen += came;
            paths.extend(page.value.into_iter().filter_map(|folder| folder.fully_qualified_name));
            let total = count.and_then(|count| usize::try_from(count).ok());
            if came == 0 || total.is_none_or(|total| seen >= total) {
                break;
            }
        }
        Some(paths)
    }

    async fn folders_of_user(&self) -> Option<Vec<String>> {
        let mut paths: Vec<String> = Vec::new();
        for number in 0..MAX_PAGES {
            let path = format!("/api/Folders/GetAllForCurrentUser?take={MAX_TAKEN}&skip={}", number * MAX_TAKEN);
            let page: FolderPathsDto = self.ask_without_folder(&path).await?;
            let came = page.page_items.len();
            paths.extend(page.page_items.into_iter().filter_map(|folder| folder.fully_qualified_name));
            if came < MAX_TAKEN {
                break;
            }
        }
        Some(paths)
    }

    async fn ask_without_folder<T: DeserializeOwned>(&self, path: &str) -> Option<T> {
        const WHAT: &str = "listing folders";
        let ask = async {
            let (origin, login) = (self.base.origin(), self.tokens.login());
            let context = CallContext { what: WHAT, origin, login, place: CallPlace::Tenant };
            let url = self.base.join(path);
            let token = self.tokens.get().await?;
            let build = || {
                let mut message = reqwest::Request::new(Method::GET, url.clone());
                message.headers_mut().clone_from(&self.headers);
                message.headers_mut().insert(AUTHORIZATION, token.header.clone());
                message
            };
            let reply = self.retrying.call_up_to(MAX_TRIES, context, build).await?;
            self.read(WHAT, &reply)
        };
        let answer: Result<T, CallError> = ask.await;
        answer.inspect_err(|error| tracing::debug!("no folder can be suggested: {error}")).ok()
    }
}
