use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a time")
}

fn some(number: u32) -> Option<NonZeroU32> {
    NonZeroU32::new(number)
}

fn pause(second: i64) -> Steering {
    Steering::Pause { at: at(second), why: None }
}

fn cancel(second: i64, job: Option<&str>, kill: bool) -> Steering {
    Steering::Cancel { at: at(second), job: job.map(str::to_owned), kill }
}

#[test]
fn the_last_word_holds_and_a_cancelled_run_is_not_paused() {
    let go_on = Steering::Continue { at: at(9) };
    let cases: [(&str, Vec<Steering>, Option<RunHold>); 6] = [
        ("nothing", vec![], None),
        ("a pause", vec![pause(1)], Some(RunHold::Paused(at(1), None))),
        ("let go on", vec![pause(1), go_on.clone()], None),
        ("a pause of what is cancelled", vec![cancel(1, None, true), pause(2)], Some(RunHold::Cancelled(at(1), true))),
        ("a cancel of what is paused", vec![pause(1), cancel(2, None, false)], Some(RunHold::Cancelled(at(2), false))),
        ("cancelled and let go on", vec![cancel(1, None, true), go_on], None),
    ];
    for (case, steerings, expected) in cases {
        let steered = Steered::of(&steerings);
        assert_eq!(steered.hold, expected, "{case}");
        assert_eq!(steered.is_held(), expected.is_some(), "{case}");
    }
}

#[test]
fn robot_jobs_are_stopped_once_for_each_time_that_it_is_asked() {
    let stopped = |cancels| Steering::Stopped { cancels, tally: StopTally::default() };
    let wants = |steerings: &[Steering]| Steered::of(steerings).wants_stops();
    let first = cancel(1, None, false);
    assert!(wants(std::slice::from_ref(&first)));
    assert!(!wants(&[first.clone(), stopped(1)]));
    assert!(wants(&[first.clone(), stopped(1), cancel(2, None, true)]), "killed then");
    assert!(wants(&[first.clone(), cancel(2, None, true), stopped(1)]), "whoever stopped had not seen the second");
    assert!(!wants(&[first, Steering::Continue { at: at(2) }]), "nobody wants it any more");
}

#[test]
fn a_job_of_the_manifest_is_cancelled_by_itself() {
    let steered = Steered::of(&[cancel(1, Some("load"), true)]);
    assert!(steered.is_held() && steered.hold.is_none());
    let cancels = |launch: &str| steered.cancels(&LaunchId::from(launch), Ordinal(0));
    assert_eq!((cancels("load"), cancels("load/7"), cancels("load-2/7")), (Some(true), Some(true), None));
    let held = Steering::HoldJob { at: at(1), job: "load".to_owned(), why: "fail-fast".to_owned() };
    let steered = Steered::of([&held]);
    let blocks = |launch: &str| steered.blocks(&LaunchId::from(launch), Ordinal(0));
    assert!(
        steered.is_held()
            && blocks("load/7")
            && !blocks("tidy")
            && steered.cancels(&LaunchId::from("load"), Ordinal(0)).is_none()
    );
    assert!(!Steered::of([&held, &Steering::Continue { at: at(2) }]).is_held());
}

#[test]
fn launches_are_cancelled_by_themselves_until_somebody_lets_them_go_on() {
    let launches = |noted: &str, kill| Steering::CancelLaunches {
        at: at(1),
        filter: "verdict == \"started\"".to_owned(),
        launches: serde_json::from_str(noted).expect("ranges"),
        kill,
    };
    let load = LaunchId::from("load/1");
    let cancels = |steerings: &[Steering]| {
        let steered = Steered::of(steerings);
        [0, 1, 2, 3].map(|place| steered.cancels(&load, Ordinal(place)))
    };
    let (some, others) = (launches("[1,2]", false), launches("[2,1]", true));
    assert_eq!(cancels(std::slice::from_ref(&some)), [None, Some(false), Some(false), None]);
    assert_eq!(cancels(&[some.clone(), others.clone()]), [None, Some(false), Some(true), None]);
    assert_eq!(cancels(&[others.clone(), some.clone()]), [None, Some(false), Some(false), None], "the last word holds");
    assert_eq!(cancels(&[others.clone(), cancel(2, None, false)]), [Some(false), Some(false), Some(true), Some(false)]);
    assert_eq!(cancels(&[some.clone(), Steering::Continue { at: at(2) }]), [None; 4]);
    let steered = Steered::of(&[some.clone(), others]);
    assert!(steered.is_held() && steered.hold.is_none() && steered.wants_stops() && steered.cancels == 2);
    let noted = serde_json::to_string(&some).expect("text and numbers");
    assert!(noted.contains(r#""steering":"cancel-launches""#) && noted.contains(r#""launches":[1,2]"#), "{noted}");
    assert_eq!(serde_json::from_str::<Steering>(&noted).expect("as it was written"), some);
}

#[test]
fn limits_are_laid_over_each_other() {
    let rate = Some(SteeredRate { count: NonZeroU32::MIN.saturating_add(1), period_ms: 1000 });
    let set = |terms| Steering::Set { at: at(1), terms };
    let steered = Steered::of(&[
        set(SteeredTerms { rate, burst: some(3), ..SteeredTerms::default() }),
        set(SteeredTerms { burst: some(4), active: some(20), ..SteeredTerms::default() }),
    ]);
    assert_eq!(steered.terms.to_string(), "rate 2/s, burst 4, active 20");
    let own = Pace::new(NonZeroU32::MIN, Duration::from_secs(3600), NonZeroU32::MIN);
    let pace = steered.terms.pace(own);
    assert_eq!((pace.interval(), pace.burst()), (Duration::from_millis(500), 4));
    assert_eq!(SteeredTerms::default().pace(own), own);
}

#[test]
fn what_came_of_stopping_is_told_in_one_line() {
    let tally = |asked, over, refused, why: Option<&str>| {
        StopTally { asked, over, refused, why: why.map(str::to_owned) }.to_string()
    };
    assert_eq!(tally(1, 0, 0, None), "1 robot job was asked to stop");
    assert_eq!(
        tally(3, 1, 2, Some("no permission")),
        "3 robot jobs were asked to stop, 1 was over already, 2 could not be stopped: no permission"
    );
}
