//! What can be done about each situation in general: the help of a rule, where a diagnostic's own help speaks of its place.
//!
//! In: a [`Code`]. Out: one clause. Never: names a file, or repeats a value.

use super::Code;

impl Code {
    /// What to do, in one clause.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::More => "fix what is shown first: the rest is often its consequence",
            Self::Syntax => "fix the YAML at this place; indent with spaces, and quote a text that holds `: ` or ` #`",
            Self::Encoding => "save the file as UTF-8 without a byte order mark",
            Self::DuplicateKey => "remove one of the two",
            Self::SecondDocument => "put each manifest into a file of its own",
            Self::Tag => "leave the tag out; quote what should be text",
            Self::Number => "quote what should be text; write a number as it is sent",
            Self::ControlCharacter => "leave the escape out, unless the robot job wants just this character",
            Self::KeyForm => "write keys as plain text",
            Self::Budget => "split the manifest, or take rows from a data file",
            Self::Merge => "merge mappings only",
            Self::BareBraces => "write `${{ x }}` for an expression",
            Self::UnknownKey => "check the spelling; `docs/manifest.md` has every key",
            Self::MissingKey => "add the key",
            Self::WrongType => "give the key a value of its type; `docs/manifest.md` has them",
            Self::NotOneOf => "choose one of the words that are listed",
            Self::OutOfRange => "choose a value within the limits that are named",
            Self::WrongForm => "write the text in the form that is named",
            Self::DurationUnit => "add a unit, such as `30s` or `5m`",
            Self::Conflict => "keep one of the two, or add the partner",
            Self::NotInThisVersion => "leave the key out until a later version of sortie",
            Self::ExpressionPlace => "write the value itself",
            Self::ExpressionSyntax => "fix the expression; `docs/expressions.md` has the grammar",
            Self::ShellVariable => "use an expression such as `${{ env.NAME }}`, and list the variable under `env`",
            Self::UnknownName => "check the spelling; `docs/expressions.md` has what can be named where",
            Self::ExpressionFailed => "see that everything that the expression names has a value",
            Self::Cycle => "let one of the variables stand by itself",
            Self::Parameter => "declare the param, or give it a value of its type",
            Self::DataFile => "put the file into the manifest's folder",
            Self::DataForm => "fix the file at this place, or say its format in the manifest",
            Self::RowForm => "give the row as many cells as the others have",
            Self::CellType => "fix the cell, or the type of its column",
            Self::RowKey => "give each row a key of its own",
            Self::DuplicateLaunch => "let the id name what differs",
            Self::NoLaunch => "compare with values that the launches have: the help line lists some",
            Self::Policy => "change the launch, or ask whoever keeps the rule: no flag leaves it out",
            Self::TooManyLaunches => "launch fewer, or raise `limits.launches`",
            Self::RequestField => "use the key that the manifest has for it",
            Self::ArgumentsTooLong => "pass less, or the name of a file that the robot job reads",
            Self::Secret => "name where the secret comes from, under `secrets`",
            Self::NoFolder => "name a `folder` in the manifest or the job, or a profile that has one",
            Self::UnknownRelease | Self::UnknownRobot | Self::UnknownMachine => {
                "check the spelling, and whether the folder is the right one"
            }
            Self::ReleaseVersion => "update the release on the server, or the version in the manifest",
            Self::Ambiguous => "name it by its key or its full path",
            Self::FolderRefused => "check the spelling, and whether this login may use the folder",
            Self::TestFailed => "change the manifest, or what the test expects, whichever is wrong",
            Self::RenamedJob => "write under `moved` what the job was called, or leave it where it is another job",
            Self::NotExpanded => "give the value, so that everything is checked",
            Self::DuplicateName => "give each manifest a name of its own",
            Self::Unreadable => "name a regular file that can be read, within its folder",
            Self::Input => "fix the command line, or the file that it names",
        }
    }
}
