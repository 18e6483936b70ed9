//! A page of the documents as text for a terminal.
//!
//! In: Markdown, as far as our pages use it, and a width. Out: lines, with bold headings. Never: breaks a line of code.

use anstyle::{Effects, Style};

/// How far code, and what belongs to an item, is set in.
const CODE: &str = "    ";

/// The narrowest column that a table's last cell is wrapped in, in characters.
const MIN_COLUMN: usize = 24;

/// `markdown` in lines of at most `width` characters, but for code.
pub(in crate::cli::commands::set_up) fn render(markdown: &str, width: usize) -> String {
    let mut page = Page { out: String::new(), width, text: Vec::new(), table: Vec::new() };
    let mut is_code = false;
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            page.end_block();
            is_code = !is_code;
            continue;
        }
        if is_code {
            page.line(CODE, line);
        } else {
            page.take(line);
        }
    }
    page.end_block();
    page.out.push('\n');
    page.out
}

/// The lines so far, and the block that is being read.
struct Page {
    out: String,
    width: usize,
    /// The lines of a paragraph or an item.
    text: Vec<String>,
    /// The rows of a table.
    table: Vec<Vec<String>>,
}

impl Page {
    fn take(&mut self, line: &str) {
        let trimmed = line.trim();
        if trimmed.is_empty() {
            self.end_block();
            self.gap();
        } else if let Some(heading) = trimmed.strip_prefix('#') {
            self.end_block();
            self.gap();
            self.heading(heading.trim_start_matches('#').trim());
        } else if trimmed.starts_with('|') {
            self.end_text();
            self.table.push(cells(trimmed));
        } else if is_item(trimmed) {
            self.end_block();
            self.text.push(line.trim_end().to_owned());
        } else if let Some(comment) = trimmed.strip_prefix("<!--") {
            // Marks for tests; which file a block is, is for people too.
            if let Some(file) = comment.trim_end_matches("-->").trim().strip_prefix("file:") {
                self.end_block();
                self.line("", &format!("{}:", file.trim()));
            }
        } else if !trimmed.starts_with("![") {
            self.text.push(line.trim_end().to_owned());
        }
    }

    fn end_block(&mut self) {
        self.end_text();
        self.end_table();
    }

    /// One empty line, where none is yet.
    fn gap(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    fn line(&mut self, indent: &str, text: &str) {
        self.out.push_str(format!("{indent}{text}").trim_end());
        self.out.push('\n');
    }

    fn heading(&mut self, text: &str) {
        let bold = bold();
        for line in wrapped(&plain(text), self.width) {
            self.out.push_str(&format!("{bold}{line}{bold:#}\n"));
        }
    }

    fn end_text(&mut self) {
        let lines = std::mem::take(&mut self.text);
        let Some(first) = lines.first() else { return };
        let depth = first.len() - first.trim_start().len();
        let mark = if is_item(first.trim()) { first.trim().find(' ').map_or(0, |at| at + 1) } else { 0 };
        let joined = lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
        let hang = " ".repeat(depth + mark);
        let text = plain(&joined);
        for (index, line) in wrapped(&text, self.width.saturating_sub(depth + mark)).into_iter().enumerate() {
            match (index, mark) {
                // The mark itself is the first word of the text.
                (0, 1..) => self.line(&" ".repeat(depth), &line),
                _ => self.line(&hang, &line),
            }
        }
    }

    fn end_table(&mut self) {
        let rows = std::mem::take(&mut self.table);
        let is_rule =
            |row: &[String]| row.iter().all(|cell| !cell.is_empty() && cell.chars().all(|c| "-: ".contains(c)));
        let rows: Vec<Vec<String>> = rows.into_iter().filter(|row| !is_rule(row)).collect();
        let Some((head, body)) = rows.split_first() else { return };
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let widest = |column: usize| rows.iter().map(|row| row.get(column).map_or(0, |cell| length(cell))).max();
        let widths: Vec<usize> = (0..columns).map(|column| widest(column).unwrap_or(0)).collect();
        let before_last: usize = widths[..columns - 1].iter().map(|width| width + 2).sum();
        if before_last + widths[columns - 1].min(MIN_COLUMN) <= self.width {
            for (index, row) in rows.iter().enumerate() {
                self.aligned(row, &widths, before_last, index == 0);
            }
        } else {
            for row in body {
                self.record(head, row);
            }
        }
    }

    /// A row whose last cell is wrapped in its column.
    fn aligned(&mut self, row: &[String], widths: &[usize], before_last: usize, is_head: bool) {
        let mut first = String::new();
        for (cell, width) in row[..row.len() - 1].iter().zip(widths) {
            first.push_str(cell);
            first.push_str(&" ".repeat(width + 2 - length(cell)));
        }
        let last = row.last().map_or("", String::as_str);
        let mut lines = wrapped(last, self.width.saturating_sub(before_last)).into_iter();
        let line = format!("{first}{}", lines.next().unwrap_or_default());
        let bold = bold();
        if is_head && !line.trim().is_empty() {
            self.out.push_str(&format!("{bold}{}{bold:#}\n", line.trim_end()));
        } else if !is_head {
            self.line("", &line);
        }
        for line in lines {
            self.line(&" ".repeat(before_last), &line);
        }
    }

    /// A row of a table that is too wide: its first cell, and below it the others with what they are.
    fn record(&mut self, head: &[String], row: &[String]) {
        let bold = bold();
        // A number alone says little: its name stands beside it.
        let named = if row.len() > 2 && length(&row[0]) <= 3 { 2 } else { 1 };
        let (first, others) = row.split_at(named.min(row.len()));
        for line in wrapped(&first.join(" "), self.width) {
            self.out.push_str(&format!("{bold}{line}{bold:#}\n"));
        }
        for (cell, name) in others.iter().zip(&head[first.len().min(head.len())..]).filter(|(cell, _)| !cell.is_empty())
        {
            let text = if name.is_empty() { cell.clone() } else { format!("{name}: {cell}") };
            for line in wrapped(&text, self.width.saturating_sub(4)) {
                self.line(CODE, &line);
            }
        }
    }
}

fn bold() -> Style {
    Style::new().effects(Effects::BOLD)
}

fn is_item(line: &str) -> bool {
    let number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    line.starts_with("- ") || line.starts_with("* ") || (number.len() < line.len() && number.starts_with(". "))
}

/// The cells of a table's row; `\|` is no border.
fn cells(row: &str) -> Vec<String> {
    let row = row.replace("\\|", "\u{1}");
    let row = row.trim_start_matches('|').trim_end_matches('|');
    row.split('|').map(|cell| plain(&cell.replace('\u{1}', "|"))).collect()
}

/// `text` without the marks of links and stress; what is in backticks stays as it is.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for (index, part) in text.trim().split('`').enumerate() {
        if index > 0 {
            out.push('`');
        }
        if index % 2 == 1 {
            out.push_str(part);
        } else {
            out.push_str(&part.replace("**", ""));
        }
    }
    without_links(&out)
}

/// `[text](target)` as its text.
fn without_links(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(middle) = rest.find("](") {
        let (before, after) = rest.split_at(middle);
        let (Some(open), Some(close)) = (before.rfind('['), after.find(')')) else { break };
        out.push_str(&before[..open]);
        out.push_str(&before[open + 1..]);
        rest = &after[close + 1..];
    }
    out.push_str(rest);
    out
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// `text` in lines of at most `width` characters, broken at blanks only; at least one line.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let line = lines.last_mut().expect("there is one");
        if line.is_empty() {
            line.push_str(word);
        } else if length(line) + 1 + length(word) <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    const PAGE: &str = "\
# Title of *this* page

A paragraph with a [link](other.md#part), **stress** and `a](b)` that is
two lines long, and so wrapped anew.

- an item that
  goes on
  - a deeper one
1. a numbered one

```sh
sortie run m.yaml --a-very-long-line-that-is-never-broken --whatever-the-width
```

| key | does |
| --- | --- |
| `a` | little, and more than fits |
| `b \\| c` | much |

| a wide column of words | another wide one | a third |
| --- | --- | --- |
| what is in it, at length | and more of it | end |
";

    #[test]
    fn a_page_is_lines_for_a_terminal() {
        let shown = anstream::adapter::strip_str(&render(PAGE, 34)).to_string();
        expect![[r#"
            Title of *this* page

            A paragraph with a link, stress
            and `a](b)` that is two lines
            long, and so wrapped anew.

            - an item that goes on
              - a deeper one
            1. a numbered one

                sortie run m.yaml --a-very-long-line-that-is-never-broken --whatever-the-width

            key      does
            `a`      little, and more than
                     fits
            `b | c`  much

            what is in it, at length
                another wide one: and more of
                it
                a third: end

        "#]]
        .assert_eq(&shown);
    }
}
