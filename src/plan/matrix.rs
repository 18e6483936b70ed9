//! `matrix` with its values known -> [`MatrixCombinations`]: combinations by index, each made when it is asked for.
//!
//! In: the values of each axis, and what to include and exclude. Out: combinations in the order written, the last axis
//! changing first, then those that only `include` names; or complaints. Never: keeps a combination.
//! Source of include and exclude: GitHub Actions, `jobs.<job_id>.strategy.matrix`.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use super::rows::key_text;
use crate::diagnostic::{Code, Diagnostic, extend, nearest};
use crate::source::Place;

mod read;

pub(super) use read::read;

/// Maximum comparisons for finding out what is excluded and included.
const MAX_COMPARISONS: u64 = 200_000_000;
/// Maximum values that `include` may add to the combinations of a matrix, each counted wherever it is added.
const MAX_ADDED_VALUES: u64 = 4_000_000;

/// The combinations of one job.
#[derive(Debug)]
pub(super) struct MatrixCombinations {
    /// The names: axes in the order written, then those that only `include` has.
    names: Vec<Box<str>>,
    /// The values of each axis.
    axes: Vec<Vec<Value>>,
    /// The combinations of axes that are not excluded, by number; `None` if nothing is excluded.
    kept: Option<Vec<u32>>,
    /// How many combinations of axes there are.
    combined: u64,
    /// Further values for combinations that fit.
    additions: Vec<MatrixAddition>,
    /// Combinations that only `include` names.
    alone: Vec<Combination>,
}

/// The values of the names that have one, each with the number of its name; ascending.
pub(super) type Combination = Vec<(usize, Value)>;

/// One entry of `include` that fits some combinations.
#[derive(Debug)]
struct MatrixAddition {
    /// Fits where these axes have these values.
    fits: Vec<(usize, Value)>,
    /// Then these names have these values.
    adds: Vec<(usize, Value)>,
}

/// A matrix as it was written, its values known.
#[derive(Debug, Default)]
pub(super) struct MatrixSource {
    pub(super) axes: Vec<MatrixAxis>,
    pub(super) include: Vec<MatrixEntry>,
    pub(super) exclude: Vec<MatrixEntry>,
}

/// One name and its values, each with its place.
#[derive(Debug)]
pub(super) struct MatrixAxis {
    pub(super) name: Box<str>,
    pub(super) values: Vec<(Value, Place)>,
}

/// One entry of `include` or `exclude`.
#[derive(Debug)]
pub(super) struct MatrixEntry {
    pub(super) values: Map<String, Value>,
    pub(super) place: Place,
}

impl MatrixCombinations {
    /// The combinations of `written`; complaints go to `complaints`, some of them warnings.
    ///
    /// More than `most` combinations are counted, and cannot be had.
    pub(super) fn new(written: MatrixSource, most: u32, complaints: &mut Vec<Diagnostic>) -> Option<Self> {
        let before = complaints.len();
        let MatrixSource { axes, include, exclude } = written;
        let place = include.iter().chain(&exclude).map(|entry| entry.place).next();
        extend(complaints, axes.iter().flat_map(repetitions));
        let mut names: Vec<Box<str>> = axes.iter().map(|axis| axis.name.clone()).collect();
        let mut said = Vec::new();
        let excluded = exclusions(&axes, &exclude, &mut said);
        extend(complaints, said);
        let mut numbers: HashMap<Box<str>, usize> = names.iter().cloned().zip(0..).collect();
        for name in include.iter().flat_map(|entry| entry.values.keys()) {
            if !numbers.contains_key(name.as_str()) {
                numbers.insert(name.as_str().into(), names.len());
                names.push(name.as_str().into());
            }
        }
        let axes: Vec<Vec<Value>> =
            axes.into_iter().map(|axis| axis.values.into_iter().map(|(value, _)| value).collect()).collect();
        let combined = if axes.is_empty() {
            0
        } else {
            axes.iter().fold(1_u64, |product, values| product.saturating_mul(values.len() as u64))
        };
        let mut matrix = Self { names, axes, kept: None, combined, additions: Vec::new(), alone: Vec::new() };
        if complaints[before..].iter().any(|complaint| complaint.severity == crate::diagnostic::Severity::Error) {
            return None;
        }
        let rules = (excluded.len() + include.len()) as u64;
        if let Some(place) = place.filter(|_| combined.saturating_mul(rules) > MAX_COMPARISONS) {
            let what = format!("{combined} combinations are too many to look for what is included and excluded");
            complaints.push(Diagnostic::error(Code::Budget, place, what).help("split the job, or take rows of data"));
            return None;
        }
        if !excluded.is_empty() {
            matrix.exclude(&excluded, most);
        }
        let added = matrix.include(&include, &numbers);
        if let Some(place) = place.filter(|_| added > MAX_ADDED_VALUES) {
            let what =
                format!("`include` adds more than {MAX_ADDED_VALUES} values to the combinations: this costs too much");
            complaints.push(Diagnostic::error(Code::Budget, place, what).help("split the job, or take rows of data"));
            return None;
        }
        Some(matrix)
    }

    /// How many combinations there are.
    pub(super) fn len(&self) -> u64 {
        self.combined + self.alone.len() as u64
    }

    /// The names: axes in the order written, then those that only `include` has.
    pub(super) fn names(&self) -> &[Box<str>] {
        &self.names
    }

    /// The values of combination number `index`.
    pub(super) fn combination(&self, index: u32) -> Combination {
        let index = u64::from(index);
        let Some(alone) = index.checked_sub(self.combined) else {
            let number = self.kept.as_ref().map_or(index, |kept| kept[usize::try_from(index).expect("a u32")].into());
            return self.of_axes(number);
        };
        self.alone[usize::try_from(alone).expect("a u32")].clone()
    }

    /// Combination number `number` of the axes, with what `include` adds to it.
    fn of_axes(&self, number: u64) -> Combination {
        let digits = self.digits(number);
        let of_axes = digits.iter().enumerate().map(|(at, digit)| (at, self.axes[at][*digit].clone()));
        let mut values: BTreeMap<usize, Value> = of_axes.collect();
        for addition in &self.additions {
            if addition.fits.iter().all(|(axis, value)| self.axes[*axis][digits[*axis]] == *value) {
                values.extend(addition.adds.iter().cloned());
            }
        }
        values.into_iter().collect()
    }

    /// Which value of each axis combination `number` has. The last axis changes first.
    fn digits(&self, mut number: u64) -> Vec<usize> {
        let mut digits = vec![0; self.axes.len()];
        for (digit, values) in digits.iter_mut().zip(&self.axes).rev() {
            let base = values.len() as u64;
            *digit = usize::try_from(number % base).expect("below a length");
            number /= base;
        }
        digits
    }

    /// Leaves out the combinations that fit one of `excluded`.
    fn exclude(&mut self, excluded: &[Vec<(usize, usize)>], most: u32) {
        let all = self.combined;
        let is_kept = |matrix: &Self, number: u64| {
            let digits = matrix.digits(number);
            !excluded.iter().any(|entry| entry.iter().all(|(axis, digit)| digits[*axis] == *digit))
        };
        self.combined = (0..all).filter(|number| is_kept(self, *number)).count() as u64;
        if self.combined <= u64::from(most) {
            let kept = (0..all).filter(|number| is_kept(self, *number));
            self.kept = Some(kept.map(|number| u32::try_from(number).expect("within the budget of work")).collect());
        } else {
            self.kept = Some(Vec::new());
        }
    }

    /// Takes each entry as an addition to the combinations that it fits, or else as a combination of its own. Names have
    /// their `numbers`.
    ///
    /// Returns how many values are added in all.
    fn include(&mut self, entries: &[MatrixEntry], numbers: &HashMap<Box<str>, usize>) -> u64 {
        let mut added = 0_u64;
        for entry in entries {
            let mut named: Combination =
                entry.values.iter().map(|(name, value)| (numbers[name.as_str()], value.clone())).collect();
            named.sort_by_key(|(name, _)| *name);
            let (fits, adds): (Vec<_>, Vec<_>) = named.iter().cloned().partition(|(name, _)| *name < self.axes.len());
            match self.fitting(&fits) {
                0 => self.alone.push(named),
                fitting => {
                    added = added.saturating_add(fitting.saturating_mul(adds.len() as u64));
                    self.additions.push(MatrixAddition { fits, adds });
                }
            }
        }
        added
    }

    /// How many combinations have these values.
    fn fitting(&self, fits: &[(usize, Value)]) -> u64 {
        let fit = |number: u64| {
            let digits = self.digits(number);
            fits.iter().all(|(axis, value)| self.axes[*axis][digits[*axis]] == *value)
        };
        match &self.kept {
            _ if fits.iter().any(|(axis, value)| !self.axes[*axis].contains(value)) => 0,
            // Every combination is there, so those with these values are.
            None => fits.iter().fold(self.combined, |count, (axis, _)| count / (self.axes[*axis].len() as u64).max(1)),
            Some(kept) => kept.iter().filter(|number| fit((**number).into())).count() as u64,
        }
    }
}

/// Two values of an axis that launch ids could not tell apart.
fn repetitions(axis: &MatrixAxis) -> Vec<Diagnostic> {
    let mut first_by_text = HashMap::new();
    let mut complaints = Vec::new();
    for (value, place) in &axis.values {
        let text = matrix_text(value);
        if let Some(first) = first_by_text.insert(text, *place) {
            let what = format!("a value of `{}` stands twice", axis.name);
            let complaint = Diagnostic::error(Code::DuplicateLaunch, *place, what).related(first, "the other one");
            complaints.push(complaint.help("remove one of the two: launch ids do not tell a number from its text"));
        }
    }
    complaints
}

/// Each entry of `exclude` as axes and the numbers of their values; those that leave out nothing are warned of.
fn exclusions(
    axes: &[MatrixAxis],
    exclude: &[MatrixEntry],
    complaints: &mut Vec<Diagnostic>,
) -> Vec<Vec<(usize, usize)>> {
    let mut excluded = Vec::new();
    for MatrixEntry { values, place } in exclude {
        let before = complaints.len();
        let mut entry = Vec::new();
        for (name, value) in values {
            let Some(axis) = axes.iter().position(|axis| axis.name.as_ref() == name) else {
                let near = nearest(name, axes.iter().map(|axis| axis.name.as_ref()));
                complaints.push(
                    Diagnostic::error(Code::UnknownName, *place, format!("the matrix has no `{name}` to exclude from"))
                        .maybe_help(near.map(|near| format!("did you mean `{near}`?"))),
                );
                continue;
            };
            match axes[axis].values.iter().position(|(known, _)| known == value) {
                Some(digit) => entry.push((axis, digit)),
                None => complaints.push(excludes_nothing(&axes[axis], value, *place)),
            }
        }
        if complaints.len() == before {
            excluded.push(entry);
        }
    }
    excluded
}

fn excludes_nothing(axis: &MatrixAxis, value: &Value, place: Place) -> Diagnostic {
    let what = format!("this excludes nothing: `{}` has no such value", axis.name);
    let same_text = axis.values.iter().find(|(known, _)| matrix_text(known) == matrix_text(value));
    let help = same_text.map(|(known, _)| {
        if known.is_string() { "put the value in quotes: there it is text" } else { "write the value without quotes" }
    });
    Diagnostic::warning(Code::Conflict, place, what).maybe_help(help)
}

/// A value as launch ids have it.
pub(super) fn matrix_text(value: &Value) -> String {
    key_text(value).map_or_else(|| value.to_string(), std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests;
