//! Drawings of the page, written by hand: boxes, lines and words whose places across are in percent, so that a drawing fits any
//! screen while its letters keep their size.
//!
//! In: shapes. Out: an `svg` element with title and description. Never: a style of its own; classes are the style sheet's.

use std::fmt::Write as _;

use super::axis::AxisTick;

/// Pixels below a chart for the words of its axis.
const AXIS_HEIGHT: u32 = 18;

/// A drawing that grows.
pub(crate) struct Drawing {
    body: String,
    height: u32,
}

impl Drawing {
    /// An empty one, so many pixels high.
    pub(crate) fn new(height: u32) -> Self {
        Self { body: String::new(), height }
    }

    /// A box from `x` on, `width` wide, both in percent.
    pub(crate) fn bar(&mut self, class: &str, (x, width): (f64, f64), (y, height): (f64, f64)) {
        // Something is seen of what is shorter than a pixel, and nothing stands beyond the end.
        let width = width.max(0.25);
        let x = x.min(100.0 - width);
        let _ = write!(
            self.body,
            r#"<rect class="{class}" x="{x:.2}%" width="{width:.2}%" y="{y:.1}" height="{height:.1}"/>"#
        );
    }

    /// A level line from `x` on.
    pub(crate) fn level(&mut self, class: &str, (x, width): (f64, f64), y: f64) {
        let end = (x + width).min(100.0);
        let _ = write!(self.body, r#"<line class="{class}" x1="{x:.2}%" x2="{end:.2}%" y1="{y:.1}" y2="{y:.1}"/>"#);
    }

    /// An upright line.
    pub(crate) fn upright(&mut self, class: &str, x: f64, (top, bottom): (f64, f64)) {
        let _ =
            write!(self.body, r#"<line class="{class}" x1="{x:.2}%" x2="{x:.2}%" y1="{top:.1}" y2="{bottom:.1}"/>"#);
    }

    /// A dot.
    pub(crate) fn dot(&mut self, class: &str, x: f64, y: f64) {
        let _ = write!(self.body, r#"<circle class="{class}" cx="{x:.2}%" cy="{y:.1}" r="4"/>"#);
    }

    /// Words whose `anchor` stands at `x`; inert already, not yet escaped.
    pub(crate) fn words(&mut self, class: &str, (x, y): (f64, f64), anchor: &str, words: &str) {
        let words = escaped(words);
        let _ =
            write!(self.body, r#"<text class="{class}" x="{x:.2}%" y="{y:.0}" text-anchor="{anchor}">{words}</text>"#);
    }

    /// The words of an axis above everything else, and how many pixels they take: what comes below stands so much lower.
    pub(super) fn axis_above(&mut self, ticks: &[AxisTick]) -> f64 {
        for AxisTick { x, anchor, is_minor, label } in ticks {
            self.words(if *is_minor { "tick minor" } else { "tick" }, (*x, 11.0), anchor, label);
        }
        self.height += AXIS_HEIGHT;
        f64::from(AXIS_HEIGHT)
    }

    /// The words of an axis, below everything else.
    pub(crate) fn axis(&mut self, ticks: &[AxisTick]) {
        let bottom = f64::from(self.height);
        for AxisTick { x, anchor, is_minor, label } in ticks {
            if *x > 0.0 && *x < 100.0 {
                self.upright("grid", *x, (0.0, bottom));
            }
            let class = if *is_minor { "tick minor" } else { "tick" };
            self.words(class, (*x, bottom + 13.0), anchor, label);
        }
        self.height += AXIS_HEIGHT;
    }

    /// The whole element; `id` is of this drawing alone.
    pub(crate) fn finish(self, id: &str, title: &str, description: &str) -> String {
        let Self { body, height } = self;
        let (title, description) = (escaped(title), escaped(description));
        format!(
            r#"<svg role="img" aria-labelledby="{id}-t {id}-d" width="100%" height="{height}"><title id="{id}-t">{title}</title><desc id="{id}-d">{description}</desc>{body}</svg>"#
        )
    }
}

/// `text` without what could be markup.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#x27;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_stays_within_its_width_and_words_are_no_markup() {
        let mut drawing = Drawing::new(10);
        drawing.bar("good", (100.0, 0.0), (1.0, 2.0));
        drawing.level("limit", (90.0, 20.0), 3.0);
        drawing.words("label", (0.0, 9.0), "start", "<script>\"&'");
        let text = drawing.finish("a", "<t>", "d");
        expect_test::expect![[r#"<svg role="img" aria-labelledby="a-t a-d" width="100%" height="10"><title id="a-t">&lt;t&gt;</title><desc id="a-d">d</desc><rect class="good" x="99.75%" width="0.25%" y="1.0" height="2.0"/><line class="limit" x1="90.00%" x2="100.00%" y1="3.0" y2="3.0"/><text class="label" x="0.00%" y="9" text-anchor="start">&lt;script&gt;&quot;&amp;&#x27;</text></svg>"#]]
        .assert_eq(&text);
    }
}
