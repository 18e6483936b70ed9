//! The query options of a list: `$filter`, `$select`, `$orderby`, `$top`, `$skip`, `$count`, `$expand`.
//!
//! In: the query string's pairs and rows of one entity. Out: the rows asked for, and their JSON. Never: what an
//! entity means, or an answer's status. Every text is either understood whole or refused; none panics.
//! Source: `docs/orchestrator-api.md`, section 9, and the parameter texts of the Orchestrator OpenAPI description.

use super::dto::{Column, Row};
use super::world::switches::DateOrder;
use filter::Filter;
use rules::Rules;
use value::Value;

#[cfg(any(test, fuzzing))]
pub(super) mod any_filter;
pub(super) mod filter;
pub(super) mod lex;
pub(super) mod parse;
pub(super) mod render;
pub(super) mod rules;
#[cfg(test)]
mod tests;
pub(super) mod value;

/// The highest 32-bit integer, of which `$skip` is one.
const INT32: usize = i32::MAX as usize;

/// Query options that cannot be followed: 400 `Invalid OData query options.`, with this text as the detail.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct BadQuery(pub(super) String);

impl BadQuery {
    fn because(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// Which way a key of `$orderby` sorts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Up,
    Down,
}

/// One list's query options, checked against the columns of its entity.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) filter: Option<Filter>,
    order: Vec<(usize, Direction)>,
    top: usize,
    skip: usize,
    count: bool,
    /// The columns to show, in the table's order; those of an expanded entity together.
    pub(super) shown: Vec<usize>,
}

/// What a request may ask of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// A list: every option.
    List,
    /// One entity: `$select` and `$expand`.
    Entity,
}

/// The rows of one answer.
pub(super) struct Page<R> {
    pub(super) rows: Vec<R>,
    /// How many rows the filter let through, before `$skip` and `$top`; where `$count=true` asked.
    pub(super) count: Option<usize>,
}

impl Query {
    /// Reads the options among `pairs`, already decoded, for an entity with the columns of `R`.
    ///
    /// Names without `$` are other parameters of the operation and are left alone.
    pub(super) fn parse<R: Row>(pairs: &[(String, String)], scope: Scope, rules: &Rules<'_>) -> Result<Self, BadQuery> {
        let (top, count) = (rules.limits.page, rules.counts_unasked && scope == Scope::List);
        let mut query = Self { filter: None, order: Vec::new(), top, skip: 0, count, shown: Vec::new() };
        let (mut select, mut expand) = (None, Vec::new());
        let mut seen: Vec<&str> = Vec::new();
        for (name, value) in pairs.iter().filter(|(name, _)| name.starts_with('$')) {
            if seen.contains(&name.as_str()) {
                return Err(BadQuery::because(format!("`{name}` is given twice")));
            }
            seen.push(name);
            match (name.as_str(), scope) {
                ("$select", _) => select = Some(value.as_str()),
                ("$expand", _) => expand = expanded::<R>(value, rules)?,
                ("$filter", Scope::List) => query.filter = Some(parse::filter(value, R::column, rules)?),
                ("$orderby", Scope::List) => query.order = order::<R>(value, rules)?,
                ("$top", Scope::List) => query.top = number(name, value, rules.limits.top)?,
                ("$skip", Scope::List) => query.skip = number(name, value, rules.limits.skip.unwrap_or(INT32))?,
                ("$count", Scope::List) => {
                    query.count = match value.as_str() {
                        "true" => true,
                        "false" => false,
                        _ => return Err(BadQuery::because("`$count` is `true` or `false`")),
                    };
                }
                _ => return Err(BadQuery::because(format!("`{name}` is not an option of this operation"))),
            }
        }
        query.top = query.top.min(rules.most_rows());
        query.shown = shown::<R>(select, &expand, rules)?;
        Ok(query)
    }

    /// Whether the number of rows is asked for.
    pub(super) fn counts(&self) -> bool {
        self.count
    }

    /// Filters, orders and cuts `rows`, which come in the order of their ids.
    pub(super) fn page<R: Row>(&self, rows: impl Iterator<Item = R>) -> Page<R> {
        let matches = |row: &R| self.filter.as_ref().is_none_or(|filter| filter.matches(row));
        let mut rows = rows.filter(matches);
        if self.order.is_empty() && !self.count {
            // Nobody asks how many there are: the rest need not be looked at.
            return Page { rows: rows.skip(self.skip).take(self.top).collect(), count: None };
        }
        let rows: Vec<R> = rows.by_ref().collect();
        let count = self.count.then_some(rows.len());
        if self.order.is_empty() {
            return Page { rows: rows.into_iter().skip(self.skip).take(self.top).collect(), count };
        }
        let places = self.places_in_order(&rows);
        let mut rows: Vec<Option<R>> = rows.into_iter().map(Some).collect();
        let shown = places.into_iter().skip(self.skip).take(self.top);
        Page { rows: shown.filter_map(|place| rows[place].take()).collect(), count }
    }

    /// The places of `rows` as `$orderby` has them; what it leaves open, as they stand.
    fn places_in_order<R: Row>(&self, rows: &[R]) -> Vec<usize> {
        // Each value once for each row, not once for each comparison.
        let width = self.order.len();
        let keys: Vec<Value<'_>> =
            rows.iter().flat_map(|row| self.order.iter().map(move |(column, _)| row.value(*column))).collect();
        let mut places: Vec<usize> = (0..rows.len()).collect();
        places.sort_by(|a, b| {
            let pairs = self.order.iter().zip(&keys[a * width..]).zip(&keys[b * width..]);
            let orders = pairs.map(|(((_, direction), a), b)| match direction {
                Direction::Up => a.order_with_null_first(b),
                Direction::Down => a.order_with_null_first(b).reverse(),
            });
            orders.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        });
        places
    }
}

/// The column called `name` in any letter case.
pub(super) fn column_named<R: Row>(name: &str) -> Option<(usize, Column)> {
    columns::<R>().find(|(_, column)| column.name.eq_ignore_ascii_case(name))
}

fn columns<R: Row>() -> impl Iterator<Item = (usize, Column)> {
    (0..).map_while(|index| R::column(index).map(|column| (index, column)))
}

fn number(name: &str, value: &str, most: usize) -> Result<usize, BadQuery> {
    match value.parse::<usize>() {
        Ok(number) if number <= most => Ok(number),
        Ok(_) => Err(BadQuery::because(format!("the limit of `{most}` for `{name}` has been exceeded"))),
        Err(_) => Err(BadQuery::because(format!("`{name}` is a number from 0"))),
    }
}

fn order<R: Row>(text: &str, rules: &Rules<'_>) -> Result<Vec<(usize, Direction)>, BadQuery> {
    let keys: Vec<_> = text.split(',').collect();
    if keys.len() > rules.limits.order_keys {
        return Err(BadQuery::because(format!("`$orderby` takes at most {} keys", rules.limits.order_keys)));
    }
    let ordered = keys
        .into_iter()
        .map(|key| {
            let mut words = key.split_whitespace();
            let name = words.next().unwrap_or_default();
            let direction = match words.next() {
                None | Some("asc") => Direction::Up,
                Some("desc") => Direction::Down,
                Some(other) => return Err(BadQuery::because(format!("`{other}` is neither `asc` nor `desc`"))),
            };
            match (column_named::<R>(name).filter(|(_, column)| rules.has(column.name)), words.next()) {
                (Some((index, column)), None) if column.kind.is_plain() => match rules.order_by(column.name) {
                    DateOrder::Works => Ok(Some((index, direction))),
                    DateOrder::Ignored => Ok(None),
                    DateOrder::Refused => Err(BadQuery::because(format!("rows cannot be ordered by `{name}`"))),
                },
                (Some(_), None) => Err(BadQuery::because(format!("rows cannot be ordered by `{name}`"))),
                _ => Err(BadQuery::because(format!("could not find a property named `{name}` to order by"))),
            }
        })
        .collect::<Result<Vec<Option<_>>, _>>()?;
    Ok(ordered.into_iter().flatten().collect())
}

/// The navigation properties that `text` asks for, in the table's spelling. Options in parentheses are refused.
fn expanded<R: Row>(text: &str, rules: &Rules<'_>) -> Result<Vec<&'static str>, BadQuery> {
    let entities = columns::<R>().filter_map(|(_, column)| Some(column.name.split_once('/')?.0));
    let entities: Vec<&'static str> = entities.filter(|entity| rules.expands(entity)).collect();
    text.split(',')
        .map(|name| {
            let found = entities.iter().find(|entity| entity.eq_ignore_ascii_case(name.trim()));
            found.copied().ok_or_else(|| BadQuery::because(format!("`{}` cannot be expanded", name.trim())))
        })
        .collect()
}

fn shown<R: Row>(select: Option<&str>, expand: &[&str], rules: &Rules<'_>) -> Result<Vec<usize>, BadQuery> {
    let selected = match select.filter(|text| text.trim() != "*") {
        None => None,
        Some(text) => {
            let mut names = Vec::new();
            for name in text.split(',').map(str::trim) {
                match column_named::<R>(name) {
                    Some((index, column)) if !column.name.contains('/') && rules.has(column.name) => names.push(index),
                    _ if expand.iter().any(|entity| entity.eq_ignore_ascii_case(name)) => {}
                    _ => return Err(BadQuery::because(format!("could not find a property named `{name}` to select"))),
                }
            }
            Some(names)
        }
    };
    let is_shown = |(index, column): &(usize, Column)| match column.name.split_once('/') {
        Some((entity, _)) => expand.contains(&entity),
        None => rules.has(column.name) && selected.as_ref().is_none_or(|selected| selected.contains(index)),
    };
    Ok(columns::<R>().filter(is_shown).map(|(index, _)| index).collect())
}
