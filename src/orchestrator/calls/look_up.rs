//! Names of one folder -> what the server has under them.
//!
//! In: a folder and the names that a plan uses there. Out: releases, robots and machines, as the server describes
//! them; whether they answer the names is `resolve`'s to say. Falls back to other operations where a server lacks one.
//! Source: `docs/orchestrator-api.md`, section 10.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;

use crate::ids::{FolderId, FolderRef};
use crate::orchestrator::call_error::CallError;
use crate::orchestrator::client::Client;
use crate::orchestrator::odata::{MAX_PAGE, Query, any_of, literal};
use crate::orchestrator::wire::{FolderDto, ListEntry, ListPage, MachineDto, ReleaseDto, RobotDto};
use crate::resolve::{FolderContents, FoundMachine, FoundRelease, FoundRobot, RequiredNames};
use crate::spec::ReleaseRef;

/// Maximum pages of a list; a longer one is given up: a million entries are no folder's.
const MAX_PAGES: usize = 1_000;

impl Client {
    /// Returns what `folder` has under the names `wanted`, and perhaps more; asks nothing where nothing is wanted.
    ///
    /// Shape: in the server's order, without repetition. Where a name is not found, the folder's other entries of
    /// that kind come too, so that a complaint can suggest one.
    ///
    /// Errors: [`CallError`]; nothing was started.
    pub async fn look_up(&self, folder: &FolderRef, wanted: &RequiredNames) -> Result<FolderContents, CallError> {
        Ok(FolderContents {
            releases: self.releases(folder, wanted).await?,
            robots: self.robots(folder, &wanted.robots).await?,
            machines: self.machines(folder, &wanted.machines).await?,
        })
    }

    async fn releases(&self, folder: &FolderRef, wanted: &RequiredNames) -> Result<Vec<FoundRelease>, CallError> {
        let select = Query::default().with("$select", "Id,Key,Name,ProcessKey,ProcessVersion");
        let list = List { what: "listing releases", path: "/odata/Releases", folder, query: select };
        let mut found: Vec<FoundRelease> = Vec::new();
        let names = wanted.releases.iter().filter_map(|release| match release {
            ReleaseRef::Key(_) => None,
            ReleaseRef::Name { name, .. } => Some(("Name", name.as_str())),
            ReleaseRef::Package { package, .. } => Some(("ProcessKey", package.as_str())),
        });
        // Several versions of one name are asked for once.
        let names: BTreeSet<(&str, &str)> = names.collect();
        if names.is_empty() {
            return Ok(found);
        }
        let filters = any_of(names.iter().copied(), |(field, name)| format!("{field} eq {}", literal(name)));
        for filter in filters.unwrap_or_default() {
            found.extend(self.list::<ReleaseDto>(list.filtered(&filter)).await?.into_iter().map(FoundRelease::from));
        }
        let is_found = |(field, name): &(&str, &str)| {
            found.iter().any(|release| match *field {
                "Name" => release.name == *name,
                _ => release.process_key.as_deref() == Some(*name),
            })
        };
        if !names.iter().all(is_found) {
            let all = self.list::<ReleaseDto>(list).await?.into_iter().map(FoundRelease::from);
            found.extend(all);
        }
        let mut seen = BTreeSet::new();
        found.retain(|release| seen.insert(release.key));
        self.describe(folder, &names, &mut found).await?;
        Ok(found)
    }

    /// Adds what people tell releases apart by to those of which several answer one name: all that the server tells of
    /// them, since no server knows every column.
    async fn describe(
        &self,
        folder: &FolderRef,
        names: &BTreeSet<(&str, &str)>,
        found: &mut [FoundRelease],
    ) -> Result<(), CallError> {
        let answers = |release: &FoundRelease, (field, name): &(&str, &str)| match *field {
            "Name" => release.name == *name,
            _ => release.process_key.as_deref() == Some(*name),
        };
        let of_several: Vec<(&str, &str)> = names
            .iter()
            .filter(|names| found.iter().filter(|release| answers(release, names)).count() > 1)
            .copied()
            .collect();
        let list = List { what: "listing releases", path: "/odata/Releases", folder, query: Query::default() };
        let filters = any_of(of_several, |(field, name)| format!("{field} eq {}", literal(name)));
        for filter in filters.unwrap_or_default() {
            for described in self.list::<ReleaseDto>(list.filtered(&filter)).await?.into_iter().map(FoundRelease::from)
            {
                found.iter_mut().filter(|release| release.key == described.key).for_each(|release| {
                    release.environment.clone_from(&described.environment);
                    release.description.clone_from(&described.description);
                });
            }
        }
        Ok(())
    }

    /// The machines that are assigned to a folder, all of them: `GetAssignedMachines`, which wants the folder's number.
    async fn machines(&self, folder: &FolderRef, names: &BTreeSet<String>) -> Result<Vec<FoundMachine>, CallError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let Some(id) = self.folder_id(folder).await? else {
            return Ok(Vec::new());
        };
        let path = format!("/odata/Machines/UiPath.Server.Configuration.OData.GetAssignedMachines(folderId={})", id.0);
        let query = Query::default();
        let machines = self.list::<MachineDto>(List { what: "listing machines", path: &path, folder, query }).await?;
        Ok(machines.into_iter().map(FoundMachine::from).collect())
    }

    async fn robots(&self, folder: &FolderRef, names: &BTreeSet<String>) -> Result<Vec<FoundRobot>, CallError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let first = self.robots_of_folder(folder).await;
        let mut found = match &first {
            Ok(robots) => robots.clone(),
            Err(error) if may_be_lacking(error) => Vec::new(),
            Err(error) => return Err(error.clone()),
        };
        let missing = names.iter().map(String::as_str).filter(|name| !found.iter().any(|robot| answers(robot, name)));
        let missing: Vec<&str> = missing.collect();
        if missing.is_empty() {
            return Ok(found);
        }
        // Classic folders, and servers before the operation above.
        match self.robots_by_name(folder, &missing).await {
            Ok(robots) => found.extend(robots),
            // The first list holds, or its own complaint says more.
            Err(error) if may_be_lacking(&error) => return first,
            Err(error) => return Err(error),
        }
        let mut seen = BTreeSet::new();
        found.retain(|robot| seen.insert(robot.id));
        Ok(found)
    }

    /// All robots of a folder: `GetRobotsFromFolder`, which wants the folder's number.
    async fn robots_of_folder(&self, folder: &FolderRef) -> Result<Vec<FoundRobot>, CallError> {
        let Some(id) = self.folder_id(folder).await? else {
            return Ok(Vec::new());
        };
        let path = format!("/odata/Robots/UiPath.Server.Configuration.OData.GetRobotsFromFolder(folderId={})", id.0);
        let query = Query::default();
        let robots = self.list::<RobotDto>(List { what: "listing robots", path: &path, folder, query }).await?;
        Ok(robots.into_iter().map(FoundRobot::from).collect())
    }

    async fn robots_by_name(&self, folder: &FolderRef, names: &[&str]) -> Result<Vec<FoundRobot>, CallError> {
        let query = Query::default().with("$select", "Id,Name,Username");
        let list = List { what: "listing robots", path: "/odata/Robots", folder, query };
        let filters = any_of(names.iter().copied(), |name| format!("Name eq {0} or Username eq {0}", literal(name)));
        let mut found = Vec::new();
        match filters {
            Some(filters) => {
                for filter in filters {
                    found.extend(self.list::<RobotDto>(list.filtered(&filter)).await?);
                }
            }
            None => found = self.list::<RobotDto>(list).await?,
        }
        Ok(found.into_iter().map(FoundRobot::from).collect())
    }

    /// The folder's number; `None` if the server shows no such folder.
    async fn folder_id(&self, folder: &FolderRef) -> Result<Option<FolderId>, CallError> {
        let filter = match folder {
            FolderRef::Id(id) => return Ok(Some(*id)),
            FolderRef::Path(path) => format!("FullyQualifiedName eq {}", literal(path)),
            FolderRef::Key(key) => format!("Key eq {key}"),
        };
        let query = Query::default().with("$select", "Id,Key,FullyQualifiedName").with("$filter", &filter);
        let list = List { what: "looking for the folder", path: "/odata/Folders", folder, query };
        let folders = self.list::<FolderDto>(list).await?;
        // Two of one path cannot be; where they are, the header decides and not our guess.
        Ok(if let [one] = folders.as_slice() { Some(one.id) } else { None })
    }

    /// Every entry of a list, once, page by page, until its announced length is reached or a page brings nothing new.
    async fn list<T: DeserializeOwned + ListEntry>(&self, list: List<'_>) -> Result<Vec<T>, CallError> {
        let mut entries: Vec<T> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut announced = None;
        // What came, repeated or not: so many entries the server has to skip.
        let mut skip = 0;
        for _ in 0..MAX_PAGES {
            let query = list.query.clone().page(skip);
            let page: ListPage<T> =
                self.get(list.what, list.folder, &format!("{}{}", list.path, query.as_str())).await?;
            skip += page.value.len();
            announced = page.count.and_then(|count| usize::try_from(count).ok());
            let (before, is_empty) = (entries.len(), page.value.is_empty());
            entries.extend(page.value.into_iter().filter(|entry| seen.insert(entry.key())));
            if is_empty || announced.is_some_and(|total| entries.len() >= total) {
                return Ok(entries);
            }
            if entries.len() == before {
                // Without a length, and with less than a page, it is the whole list that came twice.
                let is_whole = announced.is_none() && before < MAX_PAGE;
                return if is_whole { Ok(entries) } else { Err(endless(&list, before, announced)) };
            }
        }
        Err(endless(&list, entries.len(), announced))
    }
}

fn endless(list: &List<'_>, seen: usize, announced: Option<usize>) -> CallError {
    CallError::Endless { what: list.what, seen, announced }
}

/// One list of the API.
#[derive(Clone)]
struct List<'a> {
    what: &'static str,
    path: &'a str,
    folder: &'a FolderRef,
    query: Query,
}

impl List<'_> {
    fn filtered(&self, filter: &str) -> Self {
        Self { query: self.query.clone().with("$filter", filter), ..self.clone() }
    }
}

fn answers(robot: &FoundRobot, name: &str) -> bool {
    robot.name.as_deref() == Some(name) || robot.username.as_deref() == Some(name)
}

/// Whether another operation may succeed where this one did not: the server lacks it, or guards it by another permission.
fn may_be_lacking(error: &CallError) -> bool {
    match error {
        CallError::Permission { .. } | CallError::Refused { .. } => true,
        CallError::NotOrchestrator { status, .. } => matches!(status, 404 | 405),
        CallError::Unreachable { .. }
        | CallError::Certificate { .. }
        | CallError::ClientCertificate { .. }
        | CallError::ProxyLogin { .. }
        | CallError::LoginRefused { .. }
        | CallError::FolderRefused { .. }
        | CallError::Redirect { .. }
        | CallError::NoTokenEndpoint { .. }
        | CallError::Throttled { .. }
        | CallError::Endless { .. }
        | CallError::PageRefused { .. }
        | CallError::Failing { .. } => false,
    }
}
