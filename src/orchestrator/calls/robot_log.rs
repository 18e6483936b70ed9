//! The last errors that a robot logged while it worked on one robot job.
//!
//! In: a folder, and the robot job's key. Out: few lines, masked and cut. Never: trusts that a filter was carried out: what is
//! another robot job's, or no error, is left out here.
//! Source: Orchestrator OpenAPI, operation `RobotLogs_Get`; it wants the scope `OR.Monitoring.Read`.

use uuid::Uuid;

use super::one_job::absent;
use crate::ids::FolderRef;
use crate::orchestrator::call_error::CallError;
use crate::orchestrator::client::Client;
use crate::orchestrator::odata::Query;
use crate::orchestrator::wire;
use crate::outcome::LogLine;

/// Maximum lines of one robot job.
const MAX_LINES: usize = 20;
/// Maximum length of all of them, in bytes.
const MAX_BYTES: usize = 4_096;
/// What stands where a line was cut.
const CUT: &str = "…";

impl Client {
    /// The lines, the latest last; `None` if the server has no such operation. Asked for once.
    pub(in crate::orchestrator) async fn read_robot_log(
        &self,
        folder: &FolderRef,
        key: Uuid,
    ) -> Result<Option<Vec<LogLine>>, CallError> {
        let filter = format!("JobKey eq {key} and (Level eq 'Error' or Level eq 'Fatal')");
        let query = Query::default()
            .with("$filter", &filter)
            .with("$orderby", "TimeStamp desc")
            .with("$top", &MAX_LINES.to_string())
            .with("$select", "Level,TimeStamp,Message,JobKey");
        let path = format!("/odata/RobotLogs{}", query.as_str());
        let page: wire::ListPage<wire::LogDto> =
            match self.get_dated(1, "reading a robot's log", Some(folder), &path).await {
                Ok((page, _)) => page,
                Err(error) => return absent(error),
            };
        let own = page.value.into_iter().filter(|line| line.is_error_of(key)).take(MAX_LINES).map(LogLine::from);
        let masked = own.map(|mut line| {
            line.redact(&self.retrying.redactor);
            line
        });
        Ok(Some(cut(masked)))
    }
}

/// The latest lines, as many as fit, in the order in which they were written. `lines` come the latest first.
fn cut(lines: impl Iterator<Item = LogLine>) -> Vec<LogLine> {
    let mut kept = Vec::new();
    let mut room = MAX_BYTES;
    for mut line in lines {
        if room == 0 {
            break;
        }
        if line.text.len() > room {
            let end = (0..=room).rev().find(|end| line.text.is_char_boundary(*end)).unwrap_or(0);
            line.text.truncate(end);
            line.text.push_str(CUT);
            room = 0;
        } else {
            room -= line.text.len();
        }
        kept.push(line);
    }
    kept.reverse();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> LogLine {
        LogLine { text: text.to_owned(), ..LogLine::default() }
    }

    #[test]
    fn the_latest_lines_are_kept_in_the_order_in_which_they_were_written() {
        let texts = |lines: Vec<LogLine>| lines.into_iter().map(|line| line.text).collect::<Vec<_>>();
        assert_eq!(texts(cut(["c", "b", "a"].map(line).into_iter())), ["a", "b", "c"]);
        let long = "ü".repeat(MAX_BYTES);
        let cut = texts(cut([line("last"), line(&long), line("lost")].into_iter()));
        assert_eq!(cut.len(), 2);
        assert!(cut[0].len() <= MAX_BYTES - 4 + CUT.len() && cut[0].ends_with(CUT) && cut[1] == "last");
    }
}
