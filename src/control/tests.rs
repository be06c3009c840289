//! A real socket with a client at one end and, at the other, a core that answers what the test wants.

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use tempfile::TempDir;
use tokio::task::JoinHandle;

use super::client::Client;
use super::*;
use crate::clock::Clock;
use crate::decide::view::{DrillView, ReleaseView, ServiceView, TriggerView};
use crate::door::Limits;
use crate::model::decision::Decision;
use crate::model::event::{Ask, ServiceEvent};
use crate::model::phrase::Phrase;
use crate::model::policy::Autonomy;
use crate::model::reason::Unit;
use crate::model::release::{Origin, Release, ReleaseState};
use crate::model::running::Running;
use crate::model::sample::{Outcome as SampleOutcome, Sample};
use crate::model::tests as plain;
use crate::model::verdict::{Bound, Call, Verdict};

mod asking;
mod limits;
mod outcome;
mod socket;
mod status;

/// Nothing that is waited for here may take longer.
const PATIENCE: Duration = Duration::from_secs(20);

struct Control {
    dir: TempDir,
    views: watch::Sender<Arc<View>>,
    heard: Arc<Mutex<Vec<Request>>>,
    stop: CancellationToken,
    served: JoinHandle<()>,
}

impl Control {
    fn start(view: View, answer: Answer) -> Self {
        Self::limited(view, answer, Limits::default())
    }

    fn limited(view: View, answer: Answer, limits: Limits) -> Self {
        let dir = TempDir::new().unwrap();
        let socket = bind(&dir.path().join("golive.sock")).unwrap();
        let (views, shown) = watch::channel(Arc::new(view));
        let (requests, mut asked) = mpsc::channel(8);
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hearing = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Some(request) = asked.recv().await {
                let (kept, reply) = without_reply(request);
                hearing.lock().unwrap().push(kept);
                drop(reply.send(answer.clone()));
            }
        });
        let about = About {
            version: "1.2.3".to_owned(),
            since: at(0),
            config: PathBuf::from("/etc/golive/rules.toml"),
        };
        let stop = CancellationToken::new();
        let door = Door::limited(Gated::new(socket), limits);
        let served = tokio::spawn(serve_at(door, shown, requests, about, stop.clone()));
        Self { dir, views, heard, stop, served }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("golive.sock")
    }

    fn client(&self) -> Client {
        client(&self.path())
    }

    fn show(&self, view: View) {
        self.views.send_replace(Arc::new(view));
    }

    fn heard(&self) -> Vec<Request> {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }
}

fn client(socket: &Path) -> Client {
    // The program does it first of all; another test may have done it.
    drop(rustls::crypto::ring::default_provider().install_default());
    Client::new(socket, crate::config::Language::English).unwrap()
}

/// The request as it came; its reply goes to whoever answers, another one that nobody hears stays.
fn without_reply(request: Request) -> (Request, oneshot::Sender<Answer>) {
    let (nobody, _) = oneshot::channel();
    match request {
        Request::Event { event, reply } => (Request::Event { event, reply: nobody }, reply),
        Request::Tried { event, reply } => (Request::Tried { event, reply: nobody }, reply),
        Request::RetryLetter { id, reply } => (Request::RetryLetter { id, reply: nobody }, reply),
        Request::Remark { release, remark, reply } => {
            (Request::Remark { release, remark, reply: nobody }, reply)
        }
    }
}

fn done() -> Answer {
    Answer::Done { release: Some("shop-2".to_owned()) }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn running(version: &str) -> Running {
    Running { started: Some(at(1)), ..plain::running(version) }
}

fn release(version: &str) -> Release {
    Release {
        id: format!("shop-{version}"),
        service: "shop".to_owned(),
        version: version.to_owned(),
        running: Some(running(version)),
        began: at(2),
        origin: Origin::Noticed,
        announcement: None,
        checklist: None,
        roster: BTreeMap::new(),
    }
}

/// Version 1 is accepted, version 2 is at hand.
fn shop(phase: &'static str) -> ServiceView {
    let verdict = Verdict {
        call: Call::Wait,
        value: Some(1.0),
        limit: Some(3.0),
        bound: Bound::AtLeast,
        unit: Unit::Failures,
        samples: 4,
        why: Phrase::words("web failed once"),
    };
    let sample = Sample {
        check: "web".to_owned(),
        began: at(5),
        took: Duration::from_millis(250),
        outcome: SampleOutcome::Failed("status 500".to_owned()),
    };
    ServiceView {
        name: "shop".to_owned(),
        autonomy: Autonomy::Auto,
        standby_reason: None,
        phase,
        why: None,
        hold: None,
        release: Some(ReleaseView {
            release: release("2"),
            began: Some(at(2)),
            ends: Some(at(600)),
            step: None,
        }),
        rollback: None,
        deployment: None,
        grace_until: None,
        acceptance_since: None,
        announced: None,
        accepted: Some(release("1")),
        running: Some(running("2")),
        diverged: None,
        diverged_known_to: None,
        veto: None,
        maintenance: None,
        freeze: None,
        quarantine: Vec::new(),
        problems: Some(Vec::new()),
        drill: DrillView::default(),
        triggers: vec![TriggerView::new("health".to_owned(), verdict)],
        noted: Timestamp::UNIX_EPOCH,
        warnings: Vec::new(),
        decided: None,
        samples: vec![sample],
    }
}

/// Version 2 was decided, and nothing is at hand.
fn decided(state: ReleaseState) -> ServiceView {
    let decision =
        Decision { release: "shop-2".to_owned(), version: "2".to_owned(), state, at: at(300), why: None };
    ServiceView { release: None, decided: Some(decision), ..shop("idle") }
}

fn view(service: ServiceView) -> View {
    View { services: vec![Arc::new(service)], ..View::default() }
}

/// Seconds since `since`, by the one clock.
fn seconds(clock: Clock, since: Timestamp) -> f64 {
    clock.now().duration_since(since).as_secs_f64()
}
