//! What tells one launch from its job's others: values of the matrix, a row, or the rows of a batch.
//!
//! In: a combination, and rows of a table. Out: the launch's id and key, and the scope that its expressions see. Never: reads a row.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::ids::{Digest, LaunchId};
use crate::manifest::Document;
use crate::plan::matrix::{Combination, MatrixCombinations, matrix_text};
use crate::plan::rows::{RowTable, TableRow, key_text};
use crate::source::Place;
use crate::template::Scope;

/// Digits of the digest in a batch's id: so many that no two batches with the same first and last key are taken for one another.
const BATCH_DIGITS: usize = 8;

/// What tells one launch from its job's others.
#[derive(Debug, Default)]
pub(in crate::plan) struct LaunchParts<'a> {
    combination: Option<(&'a MatrixCombinations, Combination)>,
    rows: Option<LaunchRows<'a>>,
}

/// The rows of one launch.
#[derive(Debug)]
pub(in crate::plan) enum LaunchRows<'a> {
    /// One.
    One(&'a RowTable, TableRow),
    /// Those of a batch, at least one.
    Batch(&'a RowTable, Vec<TableRow>),
}

impl<'a> LaunchParts<'a> {
    /// Those of a launch with this combination and these rows.
    pub(super) fn new(
        combination: Option<(&'a MatrixCombinations, Combination)>,
        rows: Option<LaunchRows<'a>>,
    ) -> Self {
        Self { combination, rows }
    }

    /// The id: the first name that the job had, the values of the matrix, and the row's key as the data have it; of a batch the first and the last
    /// key, and a digest of all: a batch with another row in it is another launch.
    pub(in crate::plan) fn id(&self, job: &str) -> LaunchId {
        let combination = self.combination.iter().flat_map(|(_, values)| values).map(|(_, value)| matrix_text(value));
        let rows = match &self.rows {
            None => None,
            Some(LaunchRows::One(_, row)) => key_text(&row.key).map(Cow::into_owned),
            Some(LaunchRows::Batch(_, rows)) => batch_text(rows),
        };
        let values: Vec<String> = combination.chain(rows).collect();
        LaunchId::new(job, values.iter().map(String::as_str))
    }

    /// The same values by name, as reports have them; of a batch the list of all keys.
    pub(in crate::plan) fn key(&self) -> Map<String, Value> {
        let rows = self.rows.as_ref().map(|rows| match rows {
            LaunchRows::One(table, row) => (table.key().to_owned(), row.key.clone()),
            LaunchRows::Batch(table, rows) => {
                (table.key().to_owned(), rows.iter().map(|row| row.key.clone()).collect::<Vec<_>>().into())
            }
        });
        self.combination_values().chain(rows).collect()
    }

    /// The cells of its only row.
    pub(in crate::plan) fn cells(&self) -> Option<&Map<String, Value>> {
        match self.rows.as_ref()? {
            LaunchRows::One(_, row) => Some(&row.cells),
            LaunchRows::Batch(..) => None,
        }
    }

    /// Whether it has a batch of rows.
    pub(in crate::plan) fn is_batch(&self) -> bool {
        matches!(self.rows, Some(LaunchRows::Batch(..)))
    }

    /// The cells of the rows of its batch.
    pub(in crate::plan) fn batch(&self) -> Option<Value> {
        match self.rows.as_ref()? {
            LaunchRows::One(..) => None,
            LaunchRows::Batch(_, rows) => {
                Some(rows.iter().map(|row| Value::Object(row.cells.clone())).collect::<Vec<_>>().into())
            }
        }
    }

    /// The row's key; of a batch the list of all keys.
    pub(in crate::plan) fn row_key(&self) -> Option<Value> {
        Some(match self.rows.as_ref()? {
            LaunchRows::One(_, row) => row.key.clone(),
            LaunchRows::Batch(_, rows) => rows.iter().map(|row| row.key.clone()).collect::<Vec<_>>().into(),
        })
    }

    /// The values of the combination by name, where there is one.
    pub(in crate::plan) fn combination(&self) -> Option<Map<String, Value>> {
        self.combination.is_some().then(|| self.combination_values().collect())
    }

    /// Where its row stands, or the first one.
    pub(in crate::plan) fn row_place(&self, document: &Document) -> Option<Place> {
        match self.rows.as_ref()? {
            LaunchRows::One(table, row) => Some(table.place(row, document)),
            LaunchRows::Batch(table, rows) => Some(table.place(rows.first()?, document)),
        }
    }

    /// What the launch's expressions see.
    pub(in crate::plan) fn scope(&self, scope: &Scope) -> Scope {
        let matrix = self.combination.is_some().then(|| self.combination_values().collect());
        match &self.rows {
            None => scope.clone().with_launch(None, matrix),
            Some(LaunchRows::One(_, row)) => scope.clone().with_launch(Some(row.cells.clone()), matrix),
            Some(LaunchRows::Batch(_, rows)) => {
                let list = rows.iter().map(|row| Value::Object(row.cells.clone())).collect();
                scope.clone().with_launch(None, matrix).with_rows(list)
            }
        }
    }

    /// The values of the combination, by name.
    pub(super) fn combination_values(&self) -> impl Iterator<Item = (String, Value)> {
        let named =
            self.combination.iter().flat_map(|(matrix, values)| values.iter().map(|value| (matrix.names(), value)));
        named.map(|(names, (name, value))| (names[*name].to_string(), value.clone()))
    }
}

/// What names a batch in its id.
fn batch_text(rows: &[TableRow]) -> Option<String> {
    let keys: Vec<Cow<'_, str>> = rows.iter().filter_map(|row| key_text(&row.key)).collect();
    let (first, last) = (keys.first()?, keys.last()?);
    let all = serde_json::to_vec(&keys).expect("texts are JSON");
    Some(format!("{first}..{last}~{}", &Digest::of(&all).to_string()[..BATCH_DIGITS]))
}
