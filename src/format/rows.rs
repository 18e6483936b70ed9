//! What makes many launches of one job: rows of data, and matrices of values.
//!
//! In: the keys `for-each` and `matrix`. Out: plain types. Never: reads a data file.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::field::{Expression, Field, Fixed};
use super::key::keyed;
use super::shape::keys;
use super::text::Identifier;
use crate::words::words;

keyed! {
    /// Rows, with one launch for each, from exactly one of `csv`, `json`, `jsonl` and `yaml`.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, JsonSchema)]
    #[serde(rename_all = "kebab-case")]
    #[schemars(transform = keys)]
    pub struct ForEach {
        /// A CSV file beside the manifest, its first line the column names; or the CSV text itself, of several lines.
        #[schemars(extend("examples" = ["data/invoices.csv"]))]
        pub csv: Option<Fixed<String>> => Fixed,
        /// A JSON file beside the manifest, a list of objects; or the JSON text itself, of several lines.
        #[schemars(extend("examples" = ["data/invoices.json"]))]
        pub json: Option<Fixed<String>> => Fixed,
        /// A file of JSON objects beside the manifest, one a line; or the text itself, of several lines.
        #[schemars(extend("examples" = ["data/invoices.jsonl"]))]
        pub jsonl: Option<Fixed<String>> => Fixed,
        /// A YAML file beside the manifest, a list of mappings; or the list itself.
        #[schemars(extend("examples" = ["data/invoices.yaml"]))]
        pub yaml: Option<Fixed<YamlRows>> => Fixed,
        /// The column that identifies a row: it makes the launch's id, so the order of rows does not matter. Duplicates are refused.
        #[schemars(required, extend("examples" = ["invoice_id"]))]
        pub key: Option<Fixed<String>> => Fixed,
        /// The types of columns that are not text. Others stay text, so that leading zeros survive.
        #[schemars(extend("examples" = [{ "amount": "number", "rush": "boolean" }]))]
        pub columns: Option<Fixed<BTreeMap<String, ColumnType>>> => Fixed,
        /// The character between the cells of CSV. Default: what a first line such as `sep=;` says, else a comma.
        #[schemars(extend("examples" = [";"]))]
        pub delimiter: Option<Fixed<Delimiter>> => Fixed,
        /// The decimal separator of numbers in CSV, in columns of the type `number`.
        #[schemars(extend("default" = DecimalMark::default()))]
        pub decimal: Option<Fixed<DecimalMark>> => Fixed,
        /// Only rows for which this is true are launched.
        #[schemars(extend("examples" = ["${{ row.region == params.region }}"]))]
        pub r#where: Option<Field<bool>> => Filter,
        /// One launch takes many rows: expressions see the list `rows` instead of `row`. Rows are divided so that the arguments fit.
        #[schemars(extend("examples" = [{ "rows": 50 }, { "rows": 50, "chars": 9000 }]))]
        pub batch: Option<Fixed<Batch>> => Fixed,
    }
}

/// How many rows one launch takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = keys, extend("minProperties" = 1))]
pub struct Batch {
    /// At most this many rows.
    #[schemars(range(min = 1, max = MAX_BATCH_ROWS), extend("examples" = [50], "default" = MAX_BATCH_ROWS))]
    pub rows: Option<u32>,
    /// As many rows as fit into arguments of at most this many characters of JSON text.
    #[schemars(range(min = 1, max = MAX_BATCH_CHARS), extend("examples" = [9000], "default" = MAX_BATCH_CHARS))]
    pub chars: Option<u32>,
}

/// Maximum rows of one launch, also where a manifest says nothing.
pub const MAX_BATCH_ROWS: u32 = 10_000;
/// Maximum characters of the arguments of a launch that takes many rows, also where a manifest says nothing: what the API takes.
pub const MAX_BATCH_CHARS: u32 = 10_000;

/// Rows of YAML: a file's name, or the rows themselves.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum YamlRows {
    /// A file beside the manifest.
    File(String),
    /// The rows.
    Rows(Vec<Map<String, Value>>),
}

words! {
    /// The type of a column.
    pub enum ColumnType {
        /// Text, as in the file.
        String = "string",
        /// A number with or without a fraction.
        Number = "number",
        /// A whole number.
        Integer = "integer",
        /// `true` or `false`.
        Boolean = "boolean",
        /// JSON text.
        Json = "json",
    }
}

words! {
    /// The character between the cells of CSV.
    pub enum Delimiter {
        /// A comma, as in RFC 4180.
        Comma = ",",
        /// A semicolon, as spreadsheets write where numbers have a decimal comma.
        Semicolon = ";",
        /// A tab.
        Tab = "tab",
        /// Also a tab: the character itself, in double quotes.
        TabCharacter = "\t",
        /// A vertical bar.
        Bar = "|",
    }
}

words! {
    /// The decimal separator of numbers.
    #[derive(Default)]
    pub enum DecimalMark {
        /// `1200.50`
        #[default]
        Point = ".",
        /// `1200,50`
        Comma = ",",
    }
}

impl Delimiter {
    /// The character.
    #[must_use]
    pub fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab | Self::TabCharacter => b'\t',
            Self::Bar => b'|',
        }
    }
}

/// Values by name; one launch for each combination, in the order written.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Matrix {
    /// Further combinations, or further values for combinations that fit.
    #[serde(default)]
    pub include: Vec<Map<String, Value>>,
    /// Combinations to leave out.
    #[serde(default)]
    pub exclude: Vec<Map<String, Value>>,
    /// The values of each name, in the order written.
    #[serde(flatten)]
    pub axes: Map<String, Value>,
}

impl JsonSchema for Matrix {
    fn schema_name() -> Cow<'static, str> {
        "Matrix".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let name = generator.subschema_for::<Identifier>();
        let expression = generator.subschema_for::<Expression>();
        let combinations = json_schema!({
            "anyOf": [
                {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "additionalProperties": { "type": ["string", "number", "boolean", "null"] }
                    }
                },
                expression
            ]
        });
        let mut include = combinations.clone();
        include.insert("title".to_owned(), "include".into());
        include.insert("examples".to_owned(), serde_json::json!([[{ "company": 3000 }]]));
        include.insert("description".to_owned(), "Further combinations, or further values for those that fit.".into());
        let mut exclude = combinations;
        exclude.insert("title".to_owned(), "exclude".into());
        exclude.insert("examples".to_owned(), serde_json::json!([[{ "company": 2000 }]]));
        exclude.insert("description".to_owned(), "Combinations to leave out.".into());
        json_schema!({
            "type": "object",
            "description": "Values by name; one launch for each combination, in the order written.",
            "properties": { "include": include, "exclude": exclude },
            "patternProperties": { "^x-": true },
            "propertyNames": { "anyOf": [{ "pattern": "^x-" }, name] },
            "additionalProperties": {
                "anyOf": [
                    { "type": "array", "items": { "type": ["string", "number", "boolean", "null"] }, "minItems": 1 },
                    expression
                ]
            },
            "examples": [{ "company": [1000, 2000], "exclude": [{ "company": 2000 }] }]
        })
    }
}
