//! A store of many releases: what each takes, how long a start and the lists take, and what tidying up does to others:
//! `cargo bench --bench store`. `RELEASES=100000` of ten minutes' watch, with Prometheus, unless said.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark says what it found")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::path::Path;
use std::time::{Duration, Instant};

use golive::decide::action::{Action, Persist, When};
use golive::model::event::{Event, ServiceEvent};
use golive::model::facts::Facts;
use golive::model::notice::{News, Notice, Place, Tier};
use golive::model::reading::{Bucket, Counts, Durations, Measure, Reading, Requests, Source, Stream};
use golive::model::reason::Reason;
use golive::model::release::{Origin, Release, ReleaseState};
use golive::model::sample::{Outcome, Sample};
use golive::store::{Ages, Batch, Entry, NewDelivery, Reader, Store};
use jiff::{SignedDuration, Timestamp};
use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};

/// No more are kept.
const DELIVERIES: usize = 100_000;

/// So many releases are in the chain that is walked.
const CHAINED: usize = 1_000;

/// What a release of a store of many looks like when it was packed: only the first are written out and packed in turn.
const WRITTEN: usize = 40;

const NEVER: Ages = Ages { all: Timestamp::MIN, readings: Timestamp::MIN, specs: Timestamp::MIN };

fn main() {
    // `cargo test --benches` only builds it.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let many: usize = std::env::var("RELEASES").ok().and_then(|many| many.parse().ok()).unwrap_or(100_000);
    let dir = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(run(dir.path(), many));
}

async fn run(dir: &Path, many: usize) {
    let store = Store::open(dir).unwrap();
    let mut random = SmallRng::seed_from_u64(1);
    for number in 0..WRITTEN {
        write(&store, number, &mut random).await;
    }
    store.tidy(NEVER).await.unwrap();
    let exact = used(dir) / WRITTEN as u64;
    copy(dir, many);
    println!("{many} releases, {} kB each with every reading", exact / 1000);
    let began = Instant::now();
    store.tidy(NEVER).await.unwrap();
    println!("tidying up where there is nothing to do: {:?}", began.elapsed());
    drop(store);
    let began = Instant::now();
    let store = Store::open(dir).unwrap();
    store.end_own_incidents(Timestamp::now()).await.unwrap();
    store.load().await.unwrap();
    store.confirmed().await.unwrap();
    store.unconfirmed().await.unwrap();
    println!("start, as far as it is the store's: {:?}", began.elapsed());
    let first = Instant::now();
    let reader = Reader::open(dir).unwrap();
    let last = reader.latest_release(None).unwrap().unwrap();
    time("explain", || reader.story(&last).unwrap().unwrap());
    println!("  with the release looked up: {:?}", first.elapsed());
    time("explain SERVICE", || reader.latest_release(Some("s7")).unwrap().unwrap());
    time("releases", || reader.releases(None).unwrap());
    time("releases SERVICE", || reader.releases(Some("s7")).unwrap());
    time("releases --summary", || reader.summary(None, jiff::Timestamp::UNIX_EPOCH).unwrap());
    time("incidents", || reader.incidents().unwrap());
    let began = Instant::now();
    let (waiting, deliveries) = (store.waiting().await.unwrap(), store.last_deliveries(10).await.unwrap());
    println!(
        "the page's deliveries: {:?} ({} channels, {} deliveries)",
        began.elapsed(),
        waiting.len(),
        deliveries.len()
    );
    tidy(dir, &store, many).await;
    verified().await;
}

/// A chain of so many releases, walked from its beginning.
async fn verified() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let mut random = SmallRng::seed_from_u64(1);
    for number in 0..CHAINED {
        write(&store, number, &mut random).await;
    }
    let reader = Reader::open(dir.path()).unwrap();
    let audit = reader.audit(None).unwrap();
    assert_eq!((audit.whole, audit.first_bad), (CHAINED, None));
    time(&format!("record --verify of {CHAINED} releases"), || reader.audit(None).unwrap());
}

/// While nine of ten releases are dropped, somebody else stores something every 50 ms.
async fn tidy(dir: &Path, store: &Store, many: usize) {
    let before = size(dir);
    let all = at(many * 9 / 10, 0);
    let (tidying, began) = (
        tokio::spawn({
            let store = store.clone();
            async move { store.tidy(Ages { all, ..NEVER }).await.unwrap() }
        }),
        Instant::now(),
    );
    let mut longest = Duration::ZERO;
    while !tidying.is_finished() {
        let turn = Instant::now();
        let facts = vec![("s1".to_owned(), Facts::default())];
        let batch = Batch { at: Timestamp::now(), entries: Vec::new(), facts, deliveries: Vec::new() };
        store.commit(batch).await.unwrap();
        longest = longest.max(turn.elapsed());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    println!("nine of ten dropped in {:?}; meanwhile nobody waited longer than {longest:?}", began.elapsed());
    println!("the file: {} MB before, {} MB after", before / 1_000_000, size(dir) / 1_000_000);
}

fn time<T>(what: &str, mut work: impl FnMut() -> T) {
    let began = Instant::now();
    drop(work());
    let first = began.elapsed();
    let again = Instant::now();
    drop(work());
    println!("{what}: {first:?}, again {:?}", again.elapsed());
}

/// Without the pages that are free to be written again.
fn used(dir: &Path) -> u64 {
    let file = rusqlite::Connection::open(dir.join("golive.db")).unwrap();
    let pragma = |name| -> u64 {
        let value: i64 = file.pragma_query_value(None, name, |row| row.get(0)).unwrap();
        value.try_into().unwrap()
    };
    (pragma("page_count") - pragma("freelist_count")) * pragma("page_size")
}

fn size(dir: &Path) -> u64 {
    std::fs::metadata(dir.join("golive.db")).unwrap().len()
}

fn at(release: usize, second: usize) -> Timestamp {
    let begin: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
    begin + SignedDuration::from_secs((release * 400 + second).try_into().unwrap())
}

fn release(number: usize) -> Release {
    Release {
        id: format!("s{}-r{number}", number % 20),
        service: format!("s{}", number % 20),
        version: format!("1.4.{number}"),
        running: None,
        began: at(number, 0),
        origin: Origin::Noticed,
        announcement: None,
        checklist: None,
        roster: [].into(),
    }
}

/// What is seen at one moment: a check, requests, durations and a business metric.
fn looks(service: &str, now: Timestamp, random: &mut SmallRng) -> [Event; 4] {
    let happened = |what| Event::Service { service: service.to_owned(), what };
    let reading = |stream, measure| {
        happened(ServiceEvent::Measured(Reading { stream, source: Source::Prometheus, at: now, measure }))
    };
    let took = Duration::from_micros(random.random_range(900..90_000));
    let sample = Sample { check: "web".to_owned(), began: now, took, outcome: Outcome::Ok };
    let total = random.random_range(800..1_200);
    let seen = Counts { bad: random.random_range(0..5), total };
    let requests = Requests { seen, newborn: Counts::default(), versions: [].into() };
    let mut count = 0;
    let edges = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, f64::INFINITY];
    let seen = edges.map(|le| {
        count += random.random_range(0..total / 6);
        Bucket { le, count }
    });
    let durations = Durations { seen: seen.to_vec(), newborn: Vec::new() };
    let orders = f64::from(random.random_range(10..90));
    [
        happened(ServiceEvent::Sampled(sample)),
        reading(Stream::Errors, Measure::Requests(requests)),
        reading(Stream::Latency, Measure::Durations(durations)),
        reading(Stream::Business("orders".to_owned()), Measure::Value(orders)),
    ]
}

/// Two alerts at two addresses.
fn deliveries(release: &Release, reason: Option<&Reason>) -> Vec<NewDelivery> {
    let notices = [News::ReleaseDetected, News::ReleaseAccepted].map(|news| Notice {
        id: format!("{}.{}", release.id, news.into_str()),
        incident: release.id.clone(),
        tier: Tier::General,
        news,
        service: Some(release.service.clone()),
        at: release.began,
        release: Some(release.id.clone()),
        from: Some(release.version.clone()),
        to: None,
        reason: reason.cloned(),
        blame: None,
        evidence: Vec::new(),
        acknowledgeable: false,
        place: Place::default(),
    });
    let to = |notice: &Notice| {
        ["ann@example.com", "ben@example.com"].map(|address| NewDelivery {
            notice: notice.clone(),
            channel: "mail".to_owned(),
            address: address.to_owned(),
            when: When::Now,
            expires: Timestamp::MAX,
        })
    };
    notices.iter().flat_map(to).collect()
}

/// A release of ten minutes, looked at every five seconds.
async fn write(store: &Store, number: usize, random: &mut SmallRng) {
    let release = release(number);
    let mut entries = Vec::new();
    for second in (0..600).step_by(5) {
        let now = at(number, second) + SignedDuration::from_micros(random.random_range(0..900_000));
        let (service, release) = (Some(release.service.clone()), Some(release.id.clone()));
        let entry = |event| Entry {
            at: now,
            service: service.clone(),
            release: release.clone(),
            event,
            actions: Vec::new(),
        };
        let service = service.as_deref().unwrap();
        entries.extend(looks(service, now, random).map(entry));
    }
    let reason = Some(Reason::Said("the window has passed".to_owned()));
    for (entry, state) in [(0, ReleaseState::Watching), (entries.len() - 1, ReleaseState::Accepted)] {
        let (release, reason) = (release.clone(), reason.clone());
        entries[entry].actions.push(Action::Persist(Persist::File { release, state, reason, asked: false }));
    }
    let deliveries = deliveries(&release, reason.as_ref());
    store.commit(Batch { at: release.began, entries, facts: Vec::new(), deliveries }).await.unwrap();
}

/// The rows of those that were written, under other names.
fn copy(dir: &Path, many: usize) {
    let file = rusqlite::Connection::open(dir.join("golive.db")).unwrap();
    file.execute_batch(
        "PRAGMA synchronous = OFF; UPDATE delivery SET state = 'sent', finished_at = created_at; BEGIN",
    )
    .unwrap();
    for number in WRITTEN..many {
        let (new, old) = (release(number), release(number % WRITTEN));
        let values =
            [&new.id, &old.id, &new.service, &at(number, 0).to_string(), &at(number, 600).to_string()];
        for sql in [
            "INSERT INTO release (id, service, version, state, started_at, updated_at, json, shadow) \
             SELECT ?1, ?3, version, state, ?4, ?5, json, shadow FROM release WHERE id = ?2",
            "INSERT INTO packed (release, at, thin, lines) SELECT ?1, ?5, thin, lines FROM packed WHERE release = ?2 AND ?3 <> ?4",
            "INSERT INTO filing (release, at, state, asked, reason) SELECT ?1, ?5, state, asked, reason FROM filing \
             WHERE release = ?2 AND ?3 <> ?4",
            "INSERT INTO delivery (notice, channel, address, tier, state, created_at, next_attempt_at, expires_at, finished_at, json, incident) \
             SELECT ?1 || notice, channel, address, tier, 'sent', ?4, ?4, expires_at, ?5, json, ?1 FROM delivery \
             WHERE incident = ?2 AND ?3 IS NOT NULL",
        ]
        .into_iter()
        .take(if number + DELIVERIES / 4 < many { 3 } else { 4 })
        {
            file.prepare_cached(sql).unwrap().execute(values).unwrap();
        }
    }
    file.execute_batch("COMMIT").unwrap();
}
