//! A text in other words, with the way back to what was typed.
//!
//! In: a typed text, and parts of it with what stands there instead. Out: the other text, and for each place in it that of the typed text.
//! Never: knows why.

use std::ops::Range;

/// A text in other words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rewording {
    /// The other text.
    pub(super) text: String,
    /// Parts of `text` with the parts of the typed text that they stand for, in order, without gaps.
    parts: Vec<(Range<usize>, Range<usize>)>,
}

impl Rewording {
    /// `typed` with `replacements`, which stand in order: a part of it each, which may be empty, and what stands there instead.
    pub(super) fn of(typed: &str, replacements: Vec<(Range<usize>, String)>) -> Self {
        let mut wording = Self { text: String::with_capacity(typed.len() + 16), parts: Vec::new() };
        let mut copied = 0;
        for (range, words) in replacements {
            wording.add(copied..range.start, &typed[copied..range.start]);
            wording.add(range.clone(), &words);
            copied = range.end;
        }
        wording.add(copied..typed.len(), &typed[copied..]);
        wording
    }

    fn add(&mut self, typed: Range<usize>, words: &str) {
        let start = self.text.len();
        self.text.push_str(words);
        self.parts.push((start..self.text.len(), typed));
    }

    /// Where in the typed text the bytes `range` of the other text stand; a part that was worded otherwise counts as a whole.
    pub(super) fn typed(&self, range: &Range<usize>) -> Range<usize> {
        let place = |at: usize, is_inside: &dyn Fn(&Range<usize>) -> bool, side: &dyn Fn(&Range<usize>) -> usize| {
            let part = self.parts.iter().find(|(own, _)| is_inside(own)).or(self.parts.last());
            part.map_or(0, |(own, typed)| {
                if own.len() == typed.len() { (typed.start + at - own.start).min(typed.end) } else { side(typed) }
            })
        };
        let start = place(range.start, &|own| range.start < own.end, &|typed| typed.start);
        let end = place(range.end, &|own| own.start < range.end && range.end <= own.end, &|typed| typed.end);
        start..end.max(start)
    }
}
