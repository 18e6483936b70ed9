//! What may be wrong with a cell: what its column's type takes, and a next step.

/// What is wrong with a cell: what it must be, and a next step. Never the cell itself, so that rows with one kind of
/// fault are one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CellError {
    pub(super) wanted: &'static str,
    pub(super) help: &'static str,
}

pub(super) const NOT_WHOLE: CellError =
    CellError { wanted: "a whole number", help: "write digits only, with or without a sign: `1200`" };
pub(super) const NOT_A_NUMBER: CellError = CellError {
    wanted: "a number",
    help: "write digits with a decimal point and nothing between thousands: `1200.50`",
};
pub(super) const NOT_A_NUMBER_WITH_COMMA: CellError = CellError {
    wanted: "a number",
    help: "write digits with a decimal comma and nothing between thousands: `1200,50`",
};
pub(super) const TOO_LONG: CellError = CellError {
    wanted: "an integer that fits into 64 bits",
    help: "declare the column as `string` to keep every digit",
};
pub(super) const TOO_MANY_DIGITS: CellError = CellError {
    wanted: "a number whose every digit can be sent, 15 of them at least",
    help: "declare the column as `string` to keep every digit",
};
pub(super) const NOT_BOOLEAN: CellError = CellError { wanted: "true or false", help: "write `true` or `false`" };
pub(super) const NOT_JSON: CellError = CellError {
    wanted: "JSON",
    help: "in CSV, JSON stands in quotes and its own quotes are doubled: `\"{\"\"a\"\": 1}\"`",
};
