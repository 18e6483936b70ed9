//! OData queries: filters, literals, paging.
//!
//! In: names and numbers. Out: query strings within the server's limits. Pure.
//! Source: `docs/orchestrator-api.md`, section 9.

use std::fmt::Write as _;

/// The most entries that one page may ask for.
pub(super) const LARGEST_PAGE: usize = 1_000;

/// A query under construction: `$filter=..&$select=..`.
#[derive(Clone, Default)]
pub(super) struct Query(String);

impl Query {
    /// The query with `option` (`$filter`, ..) set to `value`, escaped.
    pub(super) fn with(mut self, option: &str, value: &str) -> Self {
        self.0.push(if self.0.is_empty() { '?' } else { '&' });
        self.0.push_str(option);
        self.0.push('=');
        self.0.push_str(&escaped(value));
        self
    }

    /// One page of a list in a stable order, with the list's length.
    pub(super) fn page(self, skip: usize) -> Self {
        let page = self.with("$orderby", "Id").with("$top", &LARGEST_PAGE.to_string());
        let page = if skip == 0 { page } else { page.with("$skip", &skip.to_string()) };
        page.with("$count", "true")
    }

    /// With its question mark; empty where nothing is set.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text as a literal: in quotes, its own quotes doubled.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Percent-encoded, so that no server needs to know that a plus may be a space.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 2);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'(' | b')' | b',' | b'/' => {
                out.push(char::from(byte));
            }
            _ => write!(out, "%{byte:02X}").expect("a string takes all that is written"),
        }
    }
    out
}

/// `expression` of each name, joined by `or`, in as few filters as the limits allow; none where that would be many.
///
/// Each filter is at most 20 names and some 1,500 bytes once escaped: IIS refuses queries above 2,048.
pub(super) fn any_of<N>(names: impl IntoIterator<Item = N>, expression: impl Fn(N) -> String) -> Option<Vec<String>> {
    const NAMES: usize = 20;
    const BYTES: usize = 1_500;
    const FILTERS: usize = 3;
    let mut filters: Vec<(String, usize)> = Vec::new();
    for name in names {
        let next = expression(name);
        match filters.last_mut() {
            Some((filter, held)) if *held < NAMES && escaped(filter).len() + escaped(&next).len() < BYTES => {
                filter.push_str(" or ");
                filter.push_str(&next);
                *held += 1;
            }
            Some(_) | None => filters.push((next, 1)),
        }
    }
    (filters.len() <= FILTERS).then(|| filters.into_iter().map(|(filter, _)| filter).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_escaped_and_quotes_are_doubled() {
        let filter = format!("Name eq {}", literal("O'Brien & Söhne + 1"));
        assert_eq!(
            Query::default().with("$filter", &filter).page(1000).as_str(),
            "?$filter=Name%20eq%20%27O%27%27Brien%20%26%20S%C3%B6hne%20%2B%201%27&$orderby=Id&$top=1000&$skip=1000&$count=true"
        );
    }

    #[test]
    fn names_share_filters_until_there_would_be_too_many() {
        let names: Vec<String> = (0..100).map(|number| format!("n{number}")).collect();
        let filters = |count: usize| any_of(names[..count].iter().map(String::as_str), |name| format!("N eq '{name}'"));
        assert_eq!(filters(2), Some(vec!["N eq 'n0' or N eq 'n1'".to_owned()]));
        assert_eq!(filters(60).map(|filters| filters.len()), Some(3));
        assert_eq!(filters(61), None);
    }

    #[test]
    fn a_filter_stays_short_enough_for_iis() {
        let names: Vec<String> = (0..6).map(|number| format!("{number}{}", "ä".repeat(100))).collect();
        let filters = any_of(names.iter().map(String::as_str), |name| format!("Name eq {}", literal(name)));
        let filters = filters.expect("six names fit three filters");
        assert!(filters.iter().all(|filter| escaped(filter).len() < 1_500));
        assert_eq!(filters.len(), 3);
    }
}
