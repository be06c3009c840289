//! The releases that are judged: good ones, those in a bad environment, and bad ones, alone and among others. Ticks are
//! 15 s, counted from the release.

/// What should become of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Truth {
    Good,
    /// Good, where a single 30-second burst or the normal level itself passes the limits.
    Hard,
    /// Errors that are not the release's.
    Environment,
    Bad,
}

/// Another service beside the one that is released.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Other {
    pub(crate) kin: Kin,
    pub(crate) does: Does,
}

/// What is known of who depends on whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kin {
    Nothing,
    /// It depends on the release.
    Calls,
    /// The release depends on it.
    Needed,
}

/// What it does meanwhile.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Does {
    Well,
    /// Passes on this part of what fails of the release, a tick later.
    Suffers(f64),
    /// Has what happens around, so many ticks earlier than the release.
    Shares(usize),
    /// Has failed 30 % of its requests and all of its checks for hours.
    Red,
}

/// One kind of release.
#[expect(clippy::struct_excessive_bools, reason = "each stands for something that may happen by itself")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) truth: Truth,
    /// Requests a second, by all replicas.
    pub(crate) rate: f64,
    /// By so much traffic grows in the 90 minutes.
    pub(crate) ramp: f64,
    /// The share of requests that fails.
    pub(crate) errors: f64,
    /// Variance of the gamma factor on it, by tick.
    pub(crate) overdispersion: Option<f64>,
    /// Chance of a tick with 30 % errors.
    pub(crate) bursts: f64,
    /// Errors from 30 minutes before the release on.
    pub(crate) errors_before: Option<f64>,
    /// Errors from 2 to 20 minutes after the release on, in the other service too.
    pub(crate) incident: Option<f64>,
    /// What happens around takes the checks down, too.
    pub(crate) checks: bool,
    /// Services beside it, and one that only shares what happens around where there are none.
    pub(crate) others: &'static [Other],
    /// Something else keeps the host's processors busy, from the release on or for all the time.
    pub(crate) busy: Option<Busy>,
    /// One of three replicas is never scraped from the release on.
    pub(crate) silent: bool,
    /// Median seconds of a request.
    pub(crate) median: f64,
    /// For 30 s the release is four times as slow, and 10 % of its requests fail in the first tick.
    pub(crate) warm_up: bool,
    /// A health check fails with this chance by itself.
    pub(crate) health_fails: f64,
    /// Scrapes fail for 6 to 10 ticks.
    pub(crate) gap: bool,
    /// The tick at which the release turns bad.
    pub(crate) onset: usize,
    /// Then so many requests fail,
    pub(crate) errors_after: Option<f64>,
    /// after rising for so many ticks,
    pub(crate) rising: Option<f64>,
    /// of one of three replicas alone.
    pub(crate) one_replica: bool,
    /// Then requests take so long.
    pub(crate) median_after: Option<f64>,
    /// Then nothing answers.
    pub(crate) crash: bool,
    /// Then health checks fail with this chance.
    pub(crate) flapping: f64,
}

/// Since when something else keeps the host's processors busy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Busy {
    Always,
    SinceIncident,
}

const fn other(kin: Kin, does: Does) -> Other {
    Other { kin, does }
}

const WELL: Other = other(Kin::Nothing, Does::Well);
const SUFFERS: Other = other(Kin::Nothing, Does::Suffers(0.9));
const CALLER: Other = other(Kin::Calls, Does::Suffers(0.9));
const RED: Other = other(Kin::Nothing, Does::Red);
const SHARES: Other = other(Kin::Nothing, Does::Shares(0));

/// 10 requests a second, of which 0.2 % fail.
const QUIET: Scenario = Scenario {
    name: "",
    truth: Truth::Good,
    rate: 10.0,
    ramp: 1.0,
    errors: 0.002,
    overdispersion: None,
    bursts: 0.0,
    errors_before: None,
    incident: None,
    checks: false,
    others: &[],
    busy: None,
    silent: false,
    median: 0.1,
    warm_up: false,
    health_fails: 0.003,
    gap: false,
    onset: 0,
    errors_after: None,
    rising: None,
    one_replica: false,
    median_after: None,
    crash: false,
    flapping: 0.0,
};
const HARD: Scenario = Scenario { truth: Truth::Hard, ..QUIET };
const ENVIRONMENT: Scenario = Scenario { truth: Truth::Environment, ..QUIET };
const BAD: Scenario = Scenario { truth: Truth::Bad, ..QUIET };

/// The log-normal latency's P95 is so many medians.
const P95: f64 = 3.73;

pub(crate) const SCENARIOS: [Scenario; 51] = [
    Scenario { name: "g01 100 rps", rate: 100.0, ..QUIET },
    Scenario { name: "g02 10 rps", ..QUIET },
    Scenario { name: "g03 0.2 rps", rate: 0.2, errors: 0.01, ..QUIET },
    Scenario { name: "g04 0.02 rps", rate: 0.02, errors: 0.01, ..QUIET },
    Scenario { name: "g05 overdispersed errors", errors: 0.005, overdispersion: Some(2.0), ..QUIET },
    Scenario { name: "g06 bursts of errors", bursts: 1.0 / 120.0, ..HARD },
    Scenario { name: "g07 scrape gap", gap: true, ..QUIET },
    Scenario { name: "g08 warm-up", warm_up: true, ..QUIET },
    Scenario { name: "g09 traffic doubles", ramp: 2.0, ..QUIET },
    Scenario { name: "g10 normally 4 % at 1 rps", rate: 1.0, errors: 0.04, ..HARD },
    Scenario { name: "g11 flaky health", health_fails: 0.05, ..QUIET },
    Scenario { name: "g12 normally P95 1.7 s at 1 rps", rate: 1.0, median: 1.7 / P95, ..HARD },
    Scenario { name: "v01 8 % before as well", errors_before: Some(0.08), ..ENVIRONMENT },
    Scenario {
        name: "v02 incident all around",
        incident: Some(0.12),
        others: &[SHARES, SHARES],
        ..ENVIRONMENT
    },
    Scenario { name: "b01 20 % errors at 100 rps", rate: 100.0, errors_after: Some(0.2), ..BAD },
    Scenario { name: "b02 20 % errors", errors_after: Some(0.2), ..BAD },
    Scenario { name: "b03 20 % errors at 0.2 rps", rate: 0.2, errors: 0.01, errors_after: Some(0.2), ..BAD },
    Scenario {
        name: "b04 50 % errors at 0.02 rps",
        rate: 0.02,
        errors: 0.01,
        errors_after: Some(0.5),
        ..BAD
    },
    Scenario { name: "b05 6 % errors", errors_after: Some(0.06), ..BAD },
    Scenario { name: "b06 3 % errors", errors_after: Some(0.03), ..BAD },
    Scenario { name: "b07 2 % errors at 100 rps", rate: 100.0, errors_after: Some(0.02), ..BAD },
    Scenario { name: "b08 P95 3 s", median_after: Some(3.0 / P95), ..BAD },
    Scenario { name: "b09 P95 3 s at 0.2 rps", rate: 0.2, median_after: Some(3.0 / P95), ..BAD },
    Scenario { name: "b10 2.5 times as slow, below 2 s", median_after: Some(0.25), ..BAD },
    Scenario { name: "b11 crash at once", crash: true, ..BAD },
    Scenario { name: "b12 crash at 5 min", crash: true, onset: 20, ..BAD },
    Scenario { name: "b13 health fails 30 %", flapping: 0.3, ..BAD },
    Scenario { name: "b14 15 % errors from 10 min on", errors_after: Some(0.15), onset: 40, ..BAD },
    Scenario { name: "b15 30 % errors of one replica", errors_after: Some(0.3), one_replica: true, ..BAD },
    Scenario { name: "b16 20 % errors in 20 min", errors_after: Some(0.2), rising: Some(80.0), ..BAD },
    Scenario { name: "b17 15 % errors in a scrape gap", errors_after: Some(0.15), gap: true, ..BAD },
    Scenario { name: "c01 b02, a caller fails too", errors_after: Some(0.2), others: &[SUFFERS], ..BAD },
    Scenario { name: "c02 and a third is well", errors_after: Some(0.2), others: &[SUFFERS, WELL], ..BAD },
    Scenario { name: "c03 two known callers", errors_after: Some(0.2), others: &[CALLER, CALLER], ..BAD },
    Scenario { name: "c04 callers, ten well", errors_after: Some(0.2), others: &AMONG_TEN, ..BAD },
    Scenario {
        name: "c05 what it needs is well",
        errors_after: Some(0.2),
        others: &[other(Kin::Needed, Does::Well), CALLER],
        ..BAD
    },
    Scenario { name: "c06 b02, others long red", errors_after: Some(0.2), others: &[RED, RED], ..BAD },
    Scenario {
        name: "c07 b05, a caller fails too",
        errors_after: Some(0.06),
        others: &[CALLER, WELL],
        ..BAD
    },
    Scenario { name: "c08 crash, others long red", crash: true, onset: 20, others: &[RED, RED], ..BAD },
    Scenario { name: "c09 checks fail", flapping: 1.0, onset: 20, ..BAD },
    Scenario { name: "c10 checks fail, ten well", flapping: 1.0, onset: 20, others: &[WELL; 10], ..BAD },
    Scenario {
        name: "c11 b08, processors always busy",
        median_after: Some(3.0 / P95),
        busy: Some(Busy::Always),
        ..BAD
    },
    Scenario { name: "c12 b02, a replica is silent", errors_after: Some(0.2), silent: true, ..BAD },
    Scenario { name: "g13 a replica is silent", silent: true, ..QUIET },
    Scenario { name: "g14 others are long red", others: &[RED, RED, WELL], ..QUIET },
    Scenario {
        name: "v03 what it needs fails",
        incident: Some(0.12),
        others: &[other(Kin::Needed, Does::Shares(0)), WELL],
        ..ENVIRONMENT
    },
    Scenario {
        name: "v04 another, 60 s earlier",
        incident: Some(0.12),
        others: &[other(Kin::Nothing, Does::Shares(4)), WELL],
        ..ENVIRONMENT
    },
    Scenario {
        name: "v05 what it needs, 30 s earlier",
        incident: Some(0.12),
        others: &[other(Kin::Needed, Does::Shares(2)), WELL],
        ..ENVIRONMENT
    },
    Scenario {
        name: "v06 all around, a caller too",
        incident: Some(0.5),
        others: &ALL_AROUND,
        ..ENVIRONMENT
    },
    Scenario {
        name: "v07 checks of all fail",
        incident: Some(0.5),
        checks: true,
        others: &[SHARES; 3],
        ..ENVIRONMENT
    },
    Scenario {
        name: "v08 processors taken by others",
        incident: Some(0.12),
        busy: Some(Busy::SinceIncident),
        ..ENVIRONMENT
    },
];

/// Two callers that suffer from the release among ten that have nothing to do with it.
const AMONG_TEN: [Other; 12] = [SUFFERS, CALLER, WELL, WELL, WELL, WELL, WELL, WELL, WELL, WELL, WELL, WELL];

/// Three that share what happens around, and one that depends on the release as well.
const ALL_AROUND: [Other; 4] = [SHARES, SHARES, SHARES, other(Kin::Calls, Does::Shares(0))];
