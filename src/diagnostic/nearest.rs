//! Did you mean: the name nearest to one that is unknown.
//!
//! In: a name as it was typed, and those that exist. Out: the nearest, if it is near. Never: knows what they name.

/// Maximum complaints in one text for which the nearest names are looked for: among thousands of names that
/// takes long, and nobody reads so far.
pub const MAX_SUGGESTIONS: usize = 100;

/// Maximum name that is compared, in bytes: comparing takes time by the product of lengths.
const MAX_NAME_BYTES: usize = 200;

/// The candidate nearest to `typed`, where one is near enough to be worth naming.
#[must_use]
pub fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if typed.len() > MAX_NAME_BYTES {
        return None;
    }
    let lower = typed.to_lowercase();
    let typed = typed.chars().count();
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= MAX_NAME_BYTES)
        .filter_map(|candidate| {
            let length = candidate.chars().count();
            let most = (length.max(typed) / 3).max(1);
            // So many must be added or taken away at least.
            if length.abs_diff(typed) > most {
                return None;
            }
            let distance = strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
            // Nothing is near a single letter.
            (distance <= most && distance < length.max(typed)).then_some((distance, candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
