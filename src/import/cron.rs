//! A cron expression of Quartz, as Orchestrator keeps it: what it says, and which slot its runs stand for.
//!
//! In: the expression and a time zone. Out: words, a slot, a line for cron. Never: the time of day now.

use croner::Cron;
use croner::parser::{CronParser, Seconds};
use jiff::tz::TimeZone;

/// When a trigger fires.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CronReading {
    /// What the trigger is called.
    pub(super) title: Option<String>,
    /// The expression, as it was.
    pub(super) expression: String,
    /// In words.
    pub(super) words: String,
    /// The period of `schedule`, where one fits.
    pub(super) slot: Option<String>,
    /// The zone of `schedule`, where it matters.
    pub(super) zone: Option<String>,
    /// The five fields of a crontab, where they can say it.
    pub(super) crontab: Option<String>,
    /// What to know of it.
    pub(super) remarks: Vec<String>,
}

/// A field of an expression.
struct CronField {
    /// What it matches, in order.
    values: Vec<u16>,
    /// Whether that is everything.
    is_any: bool,
    /// Whether it says more, such as "the last".
    has_modifiers: bool,
}

/// The field called so of a [`Cron`], whose own type for it has no name outside of its crate.
macro_rules! field {
    ($cron:expr, $name:ident) => {{
        let field = &$cron.pattern.$name;
        let values = field.values();
        let is_any = values.len() == usize::from(field.max - field.min) + 1;
        CronField { values, is_any, has_modifiers: field.has_modifiers() }
    }};
}

/// Minutes of a day.
const DAY: u32 = 24 * 60;

/// Reads `text`, which has six or seven fields, the first of them seconds.
///
/// Errors: a sentence to say; the text is not shown.
pub(super) fn read(text: &str, zone: Option<&str>) -> Result<CronReading, String> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    if !(6..=7).contains(&fields.len()) || text.len() > 200 {
        return Err(
            "the cron expression of the trigger has not six or seven fields, as Quartz writes them: write `schedule`"
                .to_owned(),
        );
    }
    let parser =
        CronParser::builder().seconds(Seconds::Required).alternative_weekdays(true).sloppy_ranges(true).build();
    // "Any" has several forms there, and one elsewhere.
    let plain = |field: &&str| if ["?", "1/1", "0/1"].contains(field) { "*".to_owned() } else { (*field).to_owned() };
    let cron = parser
        .parse(&fields.iter().map(plain).collect::<Vec<_>>().join(" "))
        .map_err(|_| "the cron expression of the trigger cannot be read: write `schedule` by hand".to_owned())?;
    let mut reading = CronReading {
        expression: text.to_owned(),
        words: cron.describe().trim_end_matches('.').to_owned(),
        crontab: crontab(&cron, &fields),
        ..CronReading::default()
    };
    reading.find_slot(&cron);
    reading.take_zone(zone);
    Ok(reading)
}

impl CronReading {
    /// The period whose slots the runs of `cron` stand for, each for one.
    fn find_slot(&mut self, cron: &Cron) {
        if field!(cron, seconds).values.len() != 1 {
            self.remarks
                .push("it fires several times a minute, and no slot is so short: start with `--run-key`".to_owned());
            return;
        }
        let (days, days_of_week) = (field!(cron, days), field!(cron, days_of_week));
        let is_every_day = days.is_any && field!(cron, months).is_any && field!(cron, years).is_any;
        if !is_every_day || days.has_modifiers || days_of_week.has_modifiers {
            self.remarks.push(
                "it fires on single days, and a slot comes each day or week: leave `schedule` out, and start with a key such as `--run-key \"night-$(date +%F)\"`"
                    .to_owned(),
            );
            return;
        }
        let (hours, minutes) = (field!(cron, hours).values, field!(cron, minutes).values);
        let of_hour =
            |hour: &u16| minutes.iter().map(|minute| u32::from(*hour) * 60 + u32::from(*minute)).collect::<Vec<_>>();
        let times: Vec<u32> = hours.iter().flat_map(of_hour).collect();
        let weekdays = weekdays(&days_of_week);
        let [first, rest @ ..] = times.as_slice() else { return };
        if rest.is_empty() {
            match weekdays.len() {
                7 => self.slot = Some("1d".to_owned()),
                1 => self.slot = Some("7d".to_owned()),
                _ => {
                    self.slot = Some("1d".to_owned());
                    self.remarks.push(
                        "it does not fire on every day: sortie will name the days between as missed slots".to_owned(),
                    );
                }
            }
            return;
        }
        let gap = rest[0] - first;
        let is_even = times.windows(2).all(|pair| pair[1] - pair[0] == gap) && DAY.is_multiple_of(gap);
        if !is_even {
            self.remarks.push(
                "it fires at times that are not evenly apart, and slots are: leave `schedule` out, and start with a key for each time"
                    .to_owned(),
            );
            return;
        }
        let is_round_the_clock =
            u32::try_from(times.len()).is_ok_and(|count| count * gap == DAY) && weekdays.len() == 7;
        self.slot = Some(if gap.is_multiple_of(60) { format!("{}h", gap / 60) } else { format!("{gap}m") });
        if !is_round_the_clock {
            self.remarks
                .push("it does not fire round the clock: sortie will name the slots between as missed".to_owned());
        }
    }

    fn take_zone(&mut self, zone: Option<&str>) {
        let Some(zone) = zone.filter(|zone| !["UTC", "Etc/UTC", "GMT"].contains(zone)) else { return };
        let is_known = zone.len() < 64 && TimeZone::get(zone).is_ok() && zone.contains('/');
        if !is_known {
            self.remarks.push("its time zone has the name that Windows has for it: write the IANA name, such as `Europe/Berlin`, into `zone`".to_owned());
        } else if self.slot.as_ref().is_some_and(|slot| slot.ends_with('d')) {
            self.zone = Some(zone.to_owned());
        } else if self.slot.is_some() {
            // `docs/slots.md` says why.
            self.remarks.push(format!("its times are those of {zone}; slots under a day are best left in UTC"));
        }
    }
}

/// The weekdays, Sunday 0.
fn weekdays(field: &CronField) -> Vec<u16> {
    let mut days: Vec<u16> = field.values.iter().map(|day| day % 7).collect();
    days.sort_unstable();
    days.dedup();
    days
}

/// The five fields of a crontab; none where they cannot say it.
fn crontab(cron: &Cron, fields: &[&str]) -> Option<String> {
    let is_plain = !fields[3].contains(['L', 'W', 'l', 'w']) && !fields[5].contains(['L', '#', 'l']);
    if !is_plain || field!(cron, seconds).values != [0] || !field!(cron, years).is_any {
        return None;
    }
    let shown = |field: CronField| if field.is_any { "*".to_owned() } else { listed(&field.values) };
    let fields = [field!(cron, minutes), field!(cron, hours), field!(cron, days), field!(cron, months)].map(shown);
    let days = weekdays(&field!(cron, days_of_week));
    let days = if days.len() == 7 { "*".to_owned() } else { listed(&days) };
    Some(format!("{} {days}", fields.join(" ")))
}

/// `1-5` where all between are there, else `1,3,7`.
fn listed(values: &[u16]) -> String {
    match (values.first(), values.last()) {
        (Some(first), Some(last)) if values.len() > 2 && usize::from(last - first) + 1 == values.len() => {
            format!("{first}-{last}")
        }
        _ => values.iter().map(u16::to_string).collect::<Vec<_>>().join(","),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cron_of_quartz_becomes_words_a_slot_and_a_line_of_a_crontab() {
        let mut shown = String::new();
        for cron in [
            "0 0 2 1/1 * ? *",
            "0 30 6 ? * MON-FRI *",
            "0 0 7 ? * 2 *",
            "0 0 0/2 ? * *",
            "0 0/15 * 1/1 * ? *",
            "0 0/5 8-17 ? * MON-FRI",
            "0 0 6,18 ? * *",
            "0 0 6,13 ? * *",
            "0 0 3 L * ?",
            "0 0 3 1 * ?",
            "0 0 3 ? * 6#3",
            "0/10 * * ? * *",
            "0 0 2 ? * * 2027",
        ] {
            let CronReading { words, slot, crontab, remarks, .. } = read(cron, None).expect("it is read");
            shown
                .push_str(&format!("{cron}: {words}; slot {slot:?}, crontab {crontab:?}, {} remarks\n", remarks.len()));
        }
        expect_test::expect![[r#"
            0 0 2 1/1 * ? *: At 02:00; slot Some("1d"), crontab Some("0 2 * * *"), 0 remarks
            0 30 6 ? * MON-FRI *: At 06:30, on Monday, Tuesday, Wednesday, Thursday, and Friday; slot Some("1d"), crontab Some("30 6 * * 1-5"), 1 remarks
            0 0 7 ? * 2 *: At 07:00, on Monday; slot Some("7d"), crontab Some("0 7 * * 1"), 0 remarks
            0 0 0/2 ? * *: At minute 0, of every 2 hours; slot Some("2h"), crontab Some("0 0,2,4,6,8,10,12,14,16,18,20,22 * * *"), 0 remarks
            0 0/15 * 1/1 * ? *: At every 15 minutes; slot Some("15m"), crontab Some("0,15,30,45 * * * *"), 0 remarks
            0 0/5 8-17 ? * MON-FRI: At every 5 minutes, of hour 8-17, on Monday, Tuesday, Wednesday, Thursday, and Friday; slot Some("5m"), crontab Some("0,5,10,15,20,25,30,35,40,45,50,55 8-17 * * 1-5"), 1 remarks
            0 0 6,18 ? * *: At minute 0, of hour 6 and 18; slot Some("12h"), crontab Some("0 6,18 * * *"), 0 remarks
            0 0 6,13 ? * *: At minute 0, of hour 6 and 13; slot None, crontab Some("0 6,13 * * *"), 1 remarks
            0 0 3 L * ?: At 03:00, on the last day of the month; slot None, crontab None, 1 remarks
            0 0 3 1 * ?: At 03:00, on day 1; slot None, crontab Some("0 3 1 * *"), 1 remarks
            0 0 3 ? * 6#3: At 03:00, on the 3rd Friday of the month; slot None, crontab None, 1 remarks
            0/10 * * ? * *: At every 10 seconds; slot None, crontab None, 1 remarks
            0 0 2 ? * * 2027: At 02:00, in year 2027; slot None, crontab None, 1 remarks
        "#]].assert_eq(&shown);
    }

    #[test]
    fn what_is_no_cron_of_quartz_is_said() {
        for text in ["0 2 * * *", "", "a b c d e f", "0 0 2 99 * ?", &"0 ".repeat(5000)] {
            let words = read(text, None).expect_err(text);
            assert!(words.contains("write `schedule`"), "{words}");
        }
    }

    #[test]
    fn a_zone_is_kept_where_it_matters() {
        let zone = |cron: &str, zone: &str| {
            let reading = read(cron, Some(zone)).expect("it is read");
            (reading.zone, reading.remarks.len())
        };
        assert_eq!(zone("0 0 2 ? * *", "Europe/Berlin"), (Some("Europe/Berlin".to_owned()), 0));
        assert_eq!(zone("0 0 2 ? * *", "UTC"), (None, 0));
        assert_eq!(zone("0 0 2 ? * *", "W. Europe Standard Time"), (None, 1));
        assert_eq!(zone("0 0 * ? * *", "Europe/Berlin"), (None, 1));
    }
}
