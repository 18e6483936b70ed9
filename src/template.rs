//! `${{ expressions }}` in a manifest's values: found, checked where they stand, and rendered.
//!
//! In: a node of a document, and what its place may name. Out: [`Template`], which renders to JSON for a [`Scope`].
//! A scalar that is exactly one expression takes its type, quoted or not; with text around it, it is text. `$${{` is a
//! literal `${{`. An undefined result is an error, never null; `omit` leaves its key or item out.
//! Pure: no clock, no network, no environment; results are never expanded again.

use std::ops::Range;

use crate::diagnostic::{Code, Complaints, Diagnostic, MAX_SUGGESTIONS};
use crate::manifest::{Document, NodeId, NodeKind};

mod budget;
mod cache;
mod condition;
mod eval;
mod exact_json;
mod expression_error;
mod functions;
mod names;
mod operators;
mod references;
mod rewording;
mod scan;
mod scope;
mod secrets;
mod tree;

pub use cache::ExpressionCache;
pub use condition::{Condition, ConditionFault, ConditionName, FreeCondition};
pub use exact_json::{InexactNumber, InexactValue, parse as exact_json};
pub use functions::{FILTERS, FUNCTIONS, TESTS};
pub use names::{ExpressionContext, KnownNames, NameSet};
pub use references::NEED_MEMBERS;
pub use scope::{FAULT_FACTS, Scope};
pub use secrets::SecretView;
pub use tree::{Rendered, Template};

use references::{MemberAccess, ReferenceKind};
use scan::{TextPiece, UnterminatedExpression, shifted};

/// Checks every expression below `node` against what its place knows, and keeps it compiled in `expressions`.
pub fn check(
    document: &Document,
    node: NodeId,
    names: &KnownNames<'_>,
    expressions: &mut ExpressionCache,
    complaints: &mut Vec<Diagnostic>,
) {
    let (before, mut said) = (complaints.len(), Complaints::default());
    each_text(document, node, &mut |node, text| {
        let pieces = match scan::scan(text) {
            Ok(pieces) => pieces,
            Err(UnterminatedExpression(range)) => return said.add(unterminated(document, node, range)),
        };
        for (range, name) in scan::bare_braces(text, &pieces) {
            if names::is_root(name) {
                said.add(bare_braces(document, node, &range, &text[range.clone()]));
            }
        }
        for piece in &pieces {
            let TextPiece::Expression(range) = piece else { continue };
            let expression = &text[range.clone()];
            let place = |inner: &Range<usize>| document.text_place(node, shifted(inner, range.start));
            match expressions.learn(expression) {
                Err(fault) => {
                    let whole = if expression.is_empty() { document.place(node) } else { place(&fault.range) };
                    said.add(Diagnostic::error(Code::ExpressionSyntax, whole, fault.what).maybe_help(fault.help));
                }
                Ok(compiled) => {
                    for unknown in names.check_all(&compiled.uses, expression, is_read(before, &said)) {
                        let code = if unknown.is_misplaced { Code::ExpressionPlace } else { Code::UnknownName };
                        let complaint = Diagnostic::error(code, place(&unknown.range), unknown.what);
                        said.add(complaint.maybe_help(unknown.help));
                    }
                }
            }
        }
    });
    complaints.extend(said.into_vec());
}

/// Checks that the members of context `root` (such as `row`) that expressions below `node` use are among `known`, where
/// only data could tell.
pub fn check_members(
    document: &Document,
    node: NodeId,
    root: &str,
    known: &[Box<str>],
    expressions: &ExpressionCache,
    complaints: &mut Vec<Diagnostic>,
) {
    let (before, mut said) = (complaints.len(), Complaints::default());
    each_text(document, node, &mut |node, text| {
        for piece in scan::scan(text).unwrap_or_default() {
            let TextPiece::Expression(range) = piece else { continue };
            let expression = &text[range.clone()];
            let Ok(compiled) = expressions.get(expression) else { continue };
            let is_of_root = |used: &&references::NameReference| matches!(&used.what, ReferenceKind::Root { name, .. } if name.as_ref() == root);
            let uses: Vec<references::NameReference> = compiled.uses.iter().filter(is_of_root).cloned().collect();
            for unknown in KnownNames::of_data(root, known).check_all(&uses, expression, is_read(before, &said)) {
                let place = document.text_place(node, shifted(&unknown.range, range.start));
                said.add(Diagnostic::error(Code::UnknownName, place, unknown.what).maybe_help(unknown.help));
            }
            let columns = if root == "row" { references::row_attributes(expression) } else { Vec::new() };
            for (column, at) in columns {
                let names = || known.iter().map(AsRef::as_ref);
                // A dot leads into a column's value.
                if names().any(|name: &str| name == column.as_ref() || column.split('.').next() == Some(name)) {
                    continue;
                }
                let place = document.text_place(node, shifted(&at, range.start));
                let what = format!("`{column}` is not a column of the rows");
                let help = names::help_for(&column, &names().collect::<Vec<&str>>(), "known are");
                said.add(Diagnostic::error(Code::UnknownName, place, what).help(help));
            }
        }
    });
    complaints.extend(said.into_vec());
}

/// Whether suggestions are still read, behind so many complaints.
fn is_read(before: usize, said: &Complaints) -> bool {
    before + said.len() < MAX_SUGGESTIONS
}

/// The members of context `root` (such as `vars`) that expressions below `node` use, with where; and whether some use
/// takes the context as a whole.
pub fn members_used(
    document: &Document,
    node: NodeId,
    root: &str,
    expressions: &ExpressionCache,
) -> (Vec<Box<str>>, bool) {
    let mut members = Vec::new();
    let mut takes_whole = false;
    each_text(document, node, &mut |_, text| {
        for piece in scan::scan(text).unwrap_or_default() {
            let TextPiece::Expression(range) = piece else { continue };
            let Ok(compiled) = expressions.get(&text[range]) else { continue };
            for used in &compiled.uses {
                match &used.what {
                    ReferenceKind::Root { name, member } if name.as_ref() == root => match member {
                        MemberAccess::Named(member, _) => members.push(member.clone()),
                        MemberAccess::Whole | MemberAccess::Computed => takes_whole = true,
                    },
                    ReferenceKind::Root { .. }
                    | ReferenceKind::Filter(_)
                    | ReferenceKind::Test(_)
                    | ReferenceKind::Function(_) => {}
                }
            }
        }
    });
    (members, takes_whole)
}

/// What expressions below `node` take of needed jobs, each as it is written: the job, and the members behind it.
pub fn need_paths(document: &Document, node: NodeId, expressions: &ExpressionCache) -> Vec<Vec<Box<str>>> {
    let mut paths = Vec::new();
    each_text(document, node, &mut |_, text| {
        for piece in scan::scan(text).unwrap_or_default() {
            let TextPiece::Expression(range) = piece else { continue };
            let expression = &text[range];
            let Ok(compiled) = expressions.get(expression) else { continue };
            for used in &compiled.uses {
                if let ReferenceKind::Root { name, member: MemberAccess::Named(job, at) } = &used.what
                    && name.as_ref() == references::NEEDS
                {
                    let behind = references::path_behind(expression, at).into_iter().map(|(member, _)| member);
                    paths.push(std::iter::once(job.clone()).chain(behind).collect());
                }
            }
        }
    });
    paths
}

/// Whether an expression stands anywhere below `node`.
#[must_use]
pub fn has_expressions(document: &Document, node: NodeId) -> bool {
    match document.kind(node) {
        NodeKind::Text(text) => text.contains("${{"),
        NodeKind::Seq(items) => items.iter().any(|item| has_expressions(document, *item)),
        NodeKind::Map(mut entries) => entries.any(|entry| has_expressions(document, entry.value)),
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Int(_) | NodeKind::UInt(_) | NodeKind::Float(_) => false,
    }
}

/// Whether `text` is one expression and nothing around it.
#[must_use]
pub fn is_one_expression(text: &str) -> bool {
    matches!(scan::scan(text).as_deref(), Ok([TextPiece::Expression(_)]))
}

/// The parts of `text` outside of expressions, in bytes; `None` if an expression is never closed.
#[must_use]
pub fn plain_parts(text: &str) -> Vec<Range<usize>> {
    let pieces = scan::scan(text).unwrap_or_default();
    let plain = |piece| if let TextPiece::Text(range) = piece { Some(range) } else { None };
    pieces.into_iter().filter_map(plain).collect()
}

/// Calls `visit` for every text below `node` that could hold an expression.
fn each_text<'a>(document: &'a Document, node: NodeId, visit: &mut dyn FnMut(NodeId, &'a str)) {
    match document.kind(node) {
        NodeKind::Text(text) if scan::has_braces(text) => visit(node, text),
        NodeKind::Seq(items) => items.iter().for_each(|item| each_text(document, *item, visit)),
        NodeKind::Map(entries) => entries.for_each(|entry| each_text(document, entry.value, visit)),
        NodeKind::Null
        | NodeKind::Bool(_)
        | NodeKind::Int(_)
        | NodeKind::UInt(_)
        | NodeKind::Float(_)
        | NodeKind::Text(_) => {}
    }
}

fn unterminated(document: &Document, node: NodeId, range: Range<usize>) -> Diagnostic {
    Diagnostic::error(Code::ExpressionSyntax, document.text_place(node, range), "this `${{` has no `}}`")
        .help("close the expression; a value with ` #` in it stands in quotes; for the literal text write `$${{`")
}

fn bare_braces(document: &Document, node: NodeId, range: &Range<usize>, written: &str) -> Diagnostic {
    let place = document.text_place(node, range.clone());
    let inner = written.trim_matches(['$', '{', '}']).trim();
    Diagnostic::error(Code::BareBraces, place, format!("`{written}` is plain text: an expression begins with `${{{{`"))
        .help(format!("write `${{{{ {inner} }}}}`"))
}
