//! The reference values, and what follows from the rule.

use super::*;
use crate::decide::trigger::Course;
use crate::model::reading::Counts;

const TICK: Duration = Duration::from_secs(15);
const TOLERATED: f64 = 0.01;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + seconds).unwrap()
}

/// Ticks of 15 s, the first at 0 s.
fn course(ticks: &[(u64, u64)]) -> Course {
    let mut course = Course::default();
    for (tick, (bad, total)) in (0..).zip(ticks) {
        course.push(at(15 * tick), at(15 * (tick + 1)), Counts { bad: *bad, total: *total });
    }
    course
}

fn ticks(good: usize, bad: usize, of: (u64, u64)) -> Vec<(u64, u64)> {
    [vec![(0, of.1); good], vec![of; bad]].concat()
}

/// The release's own trouble in the reference: half of 150 requests a tick fail from 30 s on.
fn own(waited: u64) -> (Own, Option<f64>) {
    let course = course(&ticks(2, 5, (75, 150)));
    let onset = course.onset(TOLERATED).unwrap();
    assert_eq!(onset, at(30));
    let waited = Duration::from_secs(waited);
    let own = Own { onset, well_since: None, tolerance: TOLERANCE, by_checks: false, waited };
    (own, Some(course.rate_since(onset)))
}

struct Neighbour {
    name: &'static str,
    kin: Kin,
    troubled: bool,
    ticks: Vec<(u64, u64)>,
}

fn neighbour(name: &'static str, ticks: Vec<(u64, u64)>, troubled: bool) -> Neighbour {
    Neighbour { name, kin: Kin::Apart, troubled, ticks }
}

fn judged(neighbours: &[Neighbour], waited: u64) -> Fault {
    let (own, rate) = own(waited);
    let shown = |one: &Neighbour| {
        let course = course(&one.ticks);
        let later = course.since(own.onset + APART);
        let any = course.since(Timestamp::MIN).total > 0;
        Shown {
            name: one.name,
            kin: one.kin,
            trouble: one.troubled.then(|| course.onset(TOLERATED)).flatten(),
            beyond: false,
            uneasy: one.troubled,
            looks: Looks::of_requests(later.bad, later.total, any, rate),
            interval: TICK,
        }
    };
    whose(&own, &neighbours.iter().map(shown).collect::<Vec<_>>())
}

fn web() -> Neighbour {
    neighbour("web", ticks(2, 5, (70, 150)), true)
}

fn mail() -> Neighbour {
    neighbour("mail", ticks(7, 0, (0, 50)), false)
}

#[test]
fn the_cases_of_the_reference() {
    let early = neighbour("web", vec![(60, 150); 7], true);
    let suffers = || neighbour("mail", ticks(3, 4, (20, 50)), true);
    let caller = Neighbour { kin: Kin::Caller, ..web() };
    let needed = Neighbour { kin: Kin::Needed, ..web() };
    let silent = neighbour("mail", vec![(0, 0); 7], false);
    let both = Fault::Shared { at: vec![0, 1] };
    assert_eq!(judged(&[web(), mail()], 0), Fault::Release, "the caller suffers, a third is well");
    assert_eq!(judged(&[web()], 0), Fault::Release, "a caller alone");
    assert_eq!(judged(&[web(), suffers()], 0), both, "all suffer");
    assert_eq!(judged(&[caller, suffers()], 0), Fault::Release, "one of them depends on it");
    assert_eq!(judged(&[early, mail()], 0), Fault::Release, "30 s earlier is no more than the tolerance");
    assert_eq!(judged(&[needed, mail()], 0), Fault::Needed { at: 0 }, "a dependency at the same time");
    assert_eq!(judged(&[web(), silent], 0), Fault::Release, "a third without requests");
    let unclear = || neighbour("mail", vec![(0, 3); 7], false);
    let waits = |left| Fault::Wait { at: 1, left: Duration::from_secs(left) };
    assert_eq!(judged(&[web(), unclear()], 0), waits(120), "a third that is not clear yet");
    assert_eq!(judged(&[web(), unclear()], 119), waits(1));
    assert_eq!(judged(&[web(), unclear()], 120), Fault::Release);
}

/// Another service in trouble since then.
fn troubled(since: i64) -> Shown<'static> {
    Shown {
        name: "other",
        kin: Kin::Apart,
        trouble: Some(at(since)),
        beyond: false,
        looks: Looks::Failing,
        uneasy: true,
        interval: Duration::from_secs(5),
    }
}

fn well() -> Shown<'static> {
    Shown { trouble: None, looks: Looks::Well, uneasy: false, ..troubled(0) }
}

fn fails_at(onset: i64) -> Own {
    let (own, _) = own(0);
    Own { onset: at(onset), ..own }
}

#[test]
fn whoever_was_in_trouble_clearly_earlier_excuses() {
    let by = Duration::from_secs(75);
    assert_eq!(whose(&fails_at(75), &[troubled(0), well(), well()]), Fault::Earlier { at: 0, by });
    let first = whose(&fails_at(75), &[troubled(20), troubled(0), well()]);
    assert_eq!(first, Fault::Earlier { at: 1, by }, "the first of them is told");
    assert_eq!(whose(&fails_at(75), &[troubled(90), well()]), Fault::Release, "later is none");
    let caller = Shown { kin: Kin::Caller, ..troubled(0) };
    assert_eq!(whose(&fails_at(75), &[caller]), Fault::Release, "a caller never excuses");
}

#[test]
fn what_was_red_while_the_service_was_well_is_no_cause() {
    let known = Own { well_since: Some(Timestamp::MIN), ..fails_at(0) };
    for days in [1, 86_400 * 5] {
        for kin in [Kin::Apart, Kin::Needed] {
            let red = Shown { kin, beyond: true, ..troubled(-90 * days) };
            assert_eq!(whose(&known, &[red, well()]), Fault::Release, "{kin:?}");
            assert_eq!(whose(&known, &[red, red]), Fault::Release, "many of them neither");
        }
    }
    let lately = troubled(-75);
    assert_eq!(
        whose(&known, &[lately]),
        Fault::Earlier { at: 0, by: Duration::from_secs(75) },
        "nobody knows that it was well for a minute of that"
    );
    let unknown = Own { well_since: None, ..known };
    assert!(matches!(whose(&unknown, &[troubled(-600)]), Fault::Earlier { .. }), "it may have had it too");
    let since_start = Own { well_since: Some(at(-30)), ..known };
    assert!(
        matches!(whose(&since_start, &[troubled(-600)]), Fault::Earlier { .. }),
        "well for half a minute"
    );
}

#[test]
fn a_chronic_one_is_no_witness_of_what_is_shared() {
    let known = Own { well_since: Some(Timestamp::MIN), ..fails_at(600) };
    assert_eq!(whose(&known, &[troubled(0), troubled(605)]), Fault::Release);
    assert_eq!(whose(&known, &[troubled(0), troubled(605), troubled(610)]), Fault::Shared { at: vec![1, 2] });
}

#[test]
fn checks_wait_only_for_those_that_have_failed() {
    let own = Own { by_checks: true, ..fails_at(0) };
    let failing = Shown { trouble: None, ..troubled(0) };
    let unclear = Shown { looks: Looks::Unclear, ..failing };
    assert_eq!(whose(&own, &[unclear, unclear, unclear]), Fault::Release, "nobody else fails");
    let waits = Fault::Wait { at: 1, left: Duration::from_secs(15) };
    assert_eq!(whose(&own, &[troubled(2), failing]), waits, "three of its looks");
    let slow = Shown { interval: Duration::from_mins(1), ..failing };
    assert_eq!(
        whose(&own, &[troubled(2), slow]),
        Fault::Wait { at: 1, left: WAIT_FOR_CHECKS },
        "and half a minute at most"
    );
    let late = Own { waited: Duration::from_secs(15), ..own };
    assert_eq!(whose(&late, &[troubled(2), failing]), Fault::Release);
    assert_eq!(whose(&late, &[troubled(2), troubled(3), failing]), Fault::Shared { at: vec![0, 1] });
    assert_eq!(whose(&own, &[troubled(2), failing, well()]), Fault::Release, "one is well");
}

#[test]
fn what_it_needs_is_waited_for_while_anything_goes_wrong_there() {
    let own = fails_at(0);
    let needed = Shown { kin: Kin::Needed, trouble: None, ..troubled(0) };
    assert_eq!(whose(&own, &[needed, well()]), Fault::Wait { at: 0, left: WAIT_FOR_NEEDED });
    let late = Own { waited: WAIT_FOR_NEEDED, ..own };
    assert_eq!(whose(&late, &[needed, well()]), Fault::Release);
    let quiet = Shown { uneasy: false, ..needed };
    assert_eq!(whose(&own, &[quiet, well()]), Fault::Release, "nothing goes wrong there");
}
