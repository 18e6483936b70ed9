//! The variables in an order in which each can be evaluated.
//!
//! In: the nodes of `vars`, whose expressions are checked. Out: [`VariableSpec`]s, each after those that it uses; or the
//! circle in which some use each other. Never: evaluates.

use std::collections::HashMap;

use super::model::VariableSpec;
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::{Document, MappingEntry, NodeId};
use crate::template::{self, ExpressionCache};

/// Orders the variables under `node`.
pub(super) fn order(
    document: &Document,
    node: NodeId,
    expressions: &ExpressionCache,
    complaints: &mut Vec<Diagnostic>,
) -> Vec<VariableSpec> {
    let entries: Vec<MappingEntry<'_>> = document.entries(node).collect();
    let index_by_name: HashMap<&str, usize> =
        entries.iter().enumerate().map(|(index, entry)| (entry.key, index)).collect();
    let needs: Vec<Vec<usize>> = entries
        .iter()
        .map(|entry| {
            let (names, takes_whole) = template::members_used(document, entry.value, "vars", expressions);
            if takes_whole {
                complaints.push(
                    Diagnostic::error(
                        Code::Cycle,
                        document.place(entry.value),
                        format!("variable `{}` takes `vars` as a whole, and is part of it", entry.key),
                    )
                    .help("name the variables that it needs: `vars.name`"),
                );
            }
            names.iter().filter_map(|name| index_by_name.get(name.as_ref()).copied()).collect()
        })
        .collect();
    let mut sorted = Vec::with_capacity(entries.len());
    let mut state = vec![VariableState::New; entries.len()];
    for index in 0..entries.len() {
        let mut path = Vec::new();
        visit(index, &needs, &mut state, &mut path, &mut sorted, &mut |circle| {
            complaints.push(complaint(document, &entries, circle));
        });
    }
    sorted
        .into_iter()
        .map(|index| VariableSpec { name: entries[index].key.into(), node: entries[index].value })
        .collect()
}

#[derive(Clone, Copy, PartialEq)]
enum VariableState {
    New,
    OnPath,
    Done,
}

/// Depth first, with a stack of our own: a chain of variables may be as long as the manifest.
fn visit(
    start: usize,
    needs: &[Vec<usize>],
    state: &mut [VariableState],
    path: &mut Vec<(usize, usize)>,
    sorted: &mut Vec<usize>,
    on_circle: &mut dyn FnMut(&[usize]),
) {
    if state[start] != VariableState::New {
        return;
    }
    state[start] = VariableState::OnPath;
    path.push((start, 0));
    while let Some((index, next)) = path.last_mut() {
        let index = *index;
        let Some(&needed) = needs[index].get(*next) else {
            state[index] = VariableState::Done;
            sorted.push(index);
            path.pop();
            continue;
        };
        *next += 1;
        match state[needed] {
            VariableState::Done => {}
            VariableState::New => {
                state[needed] = VariableState::OnPath;
                path.push((needed, 0));
            }
            VariableState::OnPath => {
                let from = path.iter().position(|(on_path, _)| *on_path == needed).unwrap_or_default();
                on_circle(&path[from..].iter().map(|(on_path, _)| *on_path).collect::<Vec<_>>());
            }
        }
    }
}

/// A longer circle is shown by its beginning.
const MAX_NAMED: usize = 20;

fn complaint(document: &Document, entries: &[MappingEntry<'_>], circle: &[usize]) -> Diagnostic {
    let first = &entries[circle[0]];
    if circle.len() == 1 {
        return Diagnostic::error(
            Code::Cycle,
            document.place(first.value),
            format!("variable `{}` uses itself", first.key),
        )
        .help("a variable may use others, params, `env` and `run`");
    }
    let mut names: Vec<String> =
        circle.iter().take(MAX_NAMED).map(|index| format!("`{}`", entries[*index].key)).collect();
    names.extend((circle.len() > MAX_NAMED).then(|| format!("{} more", circle.len() - MAX_NAMED)));
    names.push(format!("`{}`", first.key));
    let mut diagnostic = Diagnostic::error(
        Code::Cycle,
        first.key_place,
        format!("variables use each other in a circle: {}", names.join(" -> ")),
    )
    .help("give one of them a value without the others");
    for index in circle.iter().take(MAX_NAMED).skip(1) {
        diagnostic = diagnostic.related(entries[*index].key_place, "part of the circle");
    }
    diagnostic
}
