//! The page over a real socket, with a loop that answers what the test wants.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::task::JoinHandle;

use super::*;
use crate::config::Language;
use crate::decide::view::{DrillView, ReleaseView, ServiceView, TriggerView};
use crate::model::facts::{Diverged, Hold};
use crate::model::incident::{Incident, IncidentState};
use crate::model::notice::{News, Tier};
use crate::model::phrase::Phrase;
use crate::model::policy::Autonomy;
use crate::model::reason::{Reason, Unit};
use crate::model::release::{Origin, Release};
use crate::model::tests as plain;
use crate::model::verdict::{Bound, Call, Verdict};

mod acknowledging;
mod looking;

/// What an attacker may write into a version, an answer or a name.
const HOSTILE: &str = "<script>alert(1)</script>\"'\u{202e}\u{1b}[31m";

fn release(version: &str) -> Release {
    Release {
        id: format!("shop-{version}"),
        service: "shop".to_owned(),
        version: version.to_owned(),
        running: None,
        began: Clock::start().now(),
        origin: Origin::Noticed,
        announcement: None,
        checklist: None,
        roster: BTreeMap::new(),
    }
}

fn shop(words: &str) -> ServiceView {
    let now = Clock::start().now();
    let verdict = Verdict {
        call: Call::Fail,
        value: Some(0.09),
        limit: Some(0.05),
        bound: Bound::Above,
        unit: Unit::Ratio,
        samples: 4,
        why: Phrase::words(words),
    };
    let why = Reason::Said(words.to_owned());
    let ends = now.checked_add(std::time::Duration::from_secs(9 * 60 + 40)).ok();
    ServiceView {
        name: "shop".to_owned(),
        autonomy: Autonomy::Auto,
        standby_reason: None,
        phase: "watching",
        why: Some(why.clone()),
        hold: Some(Hold { by: words.to_owned(), why: Some(words.to_owned()), since: now, until: Some(now) }),
        release: Some(ReleaseView { release: release("2"), began: None, ends, step: Some("create") }),
        rollback: None,
        deployment: None,
        grace_until: None,
        acceptance_since: None,
        announced: Some(release(words)),
        accepted: Some(release("1")),
        running: Some(plain::running(words)),
        diverged: Some(Diverged { since: now, why, released: None, release: None }),
        diverged_known_to: None,
        veto: None,
        maintenance: None,
        freeze: None,
        quarantine: Vec::new(),
        problems: Some(vec![words.to_owned()]),
        drill: DrillView::default(),
        triggers: vec![TriggerView::new("error-rate".to_owned(), verdict)],
        noted: Timestamp::UNIX_EPOCH,
        warnings: vec![Phrase::words(words)],
        decided: None,
        samples: Vec::new(),
    }
}

fn incident(id: &str, words: &str) -> Incident {
    let (service, now) = (Some("shop".to_owned()), Clock::start().now());
    Incident {
        reason: Some(Reason::Said(words.to_owned())),
        ..Incident::new(id.to_owned(), service, Tier::Urgent, News::DecisionRequired, now)
    }
}

fn delivery(words: &str) -> Told {
    let notice = Notice {
        id: "shop-1.1".to_owned(),
        incident: "shop-9".to_owned(),
        service: Some("shop".to_owned()),
        at: Clock::start().now(),
        from: Some(words.to_owned()),
        to: Some("1".to_owned()),
        acknowledgeable: true,
        ..plain::notice(News::RollbackStarted, Tier::Urgent)
    };
    Told { notice, channel: "oncall".to_owned(), state: "given-up".to_owned() }
}

/// The page, and what the loop behind it was asked to acknowledge.
struct Served {
    address: SocketAddr,
    tickets: Arc<Tickets>,
    acknowledged: Arc<std::sync::Mutex<Vec<String>>>,
    views: watch::Sender<Arc<View>>,
    core: JoinHandle<()>,
    stop: CancellationToken,
}

impl Served {
    async fn start(view: View, language: Language) -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let tickets = Arc::new(Tickets::new([7; 32], BTreeMap::new()));
        let (views, shown) = watch::channel(Arc::new(view));
        let (asks, mut asked) = mpsc::channel(8);
        let acknowledged = Arc::new(std::sync::Mutex::new(Vec::new()));
        let (heard, spent) = (Arc::clone(&acknowledged), Arc::clone(&tickets));
        let core = tokio::spawn(async move {
            while let Some(ask) = asked.recv().await {
                match ask {
                    Ask::Pulse(reply) => drop(reply.send(())),
                    Ask::Shelf(reply) => {
                        let waiting = [("oncall".to_owned(), 3)].into();
                        drop(reply.send(Shelf {
                            waiting,
                            deliveries: vec![delivery(HOSTILE)],
                            record: None,
                        }));
                    }
                    Ask::Acknowledge { ticket, reply } => {
                        spent.spend(&ticket, Clock::start().now());
                        heard.lock().unwrap().push(ticket.incident);
                        drop(reply.send(Ok(())));
                    }
                }
            }
        });
        let stage = Stage {
            views: shown,
            asks,
            metrics: Metrics::default(),
            tickets: Some(Arc::clone(&tickets)),
            texts: Texts::new(language, Some(TimeZone::UTC)),
            clock: Clock::start(),
            host: "host-1".to_owned(),
            names: vec!["golive.example.com".to_owned()],
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        tokio::spawn(serve(listener, stage, stop.clone()));
        Self { address, tickets, acknowledged, views, core, stop }
    }

    async fn get(&self, path: &str) -> (u16, HeaderMap, String) {
        self.ask(reqwest::Method::GET, path, None).await
    }

    async fn post(&self, path: &str) -> (u16, String) {
        let (status, _, body) = self.ask(reqwest::Method::POST, path, None).await;
        (status, body)
    }

    async fn ask(&self, method: reqwest::Method, path: &str, host: Option<&str>) -> (u16, HeaderMap, String) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut request = client.request(method, format!("http://{}{path}", self.address));
        if let Some(host) = host {
            request = request.header(HOST, host);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.headers().clone(), answer.text().await.unwrap())
    }

    fn acknowledged(&self) -> Vec<String> {
        self.acknowledged.lock().unwrap().clone()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.cancel();
        self.core.abort();
    }
}
