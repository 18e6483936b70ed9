//! The valid name nearest to a text, for a help line.
//!
//! In: any text. Out: a name that a manifest may have. Never: a name that is not valid.

use super::text::ManifestName;

impl ManifestName {
    /// The name nearest to `text`: in small letters, with hyphens for what no name may have; none where nothing is left.
    #[must_use]
    pub fn near(text: &str) -> Option<Self> {
        let mut near = String::new();
        for c in text.chars().map(|c| c.to_ascii_lowercase()) {
            let c = if c.is_ascii_alphanumeric() || (!near.is_empty() && "._-".contains(c)) { c } else { '-' };
            if near.len() < 64 && !(c == '-' && (near.is_empty() || near.ends_with('-'))) {
                near.push(c);
            }
        }
        Self::parse(near.trim_end_matches('-'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_what_it_may_hold() {
        for (given, expected) in [
            ("My First Batch", Some("my-first-batch")),
            ("Night.2", Some("night.2")),
            ("\u{dc}bersicht", Some("bersicht")),
            ("A--b-", Some("a-b")),
            ("...", None),
            ("", None),
        ] {
            assert_eq!(ManifestName::near(given).as_ref().map(ManifestName::as_str), expected, "{given}");
        }
        assert_eq!(ManifestName::near(&"x".repeat(100)).map(|name| name.as_str().len()), Some(64));
    }
}
