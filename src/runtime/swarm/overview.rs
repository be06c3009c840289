//! One look at the Swarm for all sets that a daemon watches: whatever their number, its managers are asked once.
//!
//! One task, [`keep`]: it waits for news of the Swarm or for its tick, looks, and lets every watcher know. It may be
//! dropped at any time: it holds nothing but what it has sent, and a new one begins by looking at everything.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

use crate::decide::event::{Event, Fault};
use crate::runtime::engine::Engine;

use super::news::{Broken, News, What};
use super::shelf::Written;
use super::standing::{self, Stand};
use super::{fault, shelf};

/// Tasks end and leaders change without an event that every manager hears of.
const TICK: Duration = Duration::from_secs(5);
/// Looks are so far apart at least, however much happens: a task that fails at once is started anew twice a second.
const APART: Duration = Duration::from_secs(1);
/// What others have written down is read so often at least, should an event be lost.
const READ_AGAIN: u32 = 12;
/// Between attempts to reach a Swarm that does not answer, doubling from the first to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LAST_PAUSE: Duration = Duration::from_secs(2);

/// The Swarm at one moment.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// Where this node stands.
    pub(super) stand: Stand,
    /// All its services, where this node may know.
    pub(super) services: Arc<Vec<Value>>,
    /// Their tasks.
    pub(super) tasks: Arc<Vec<Value>>,
    /// What is known of sets, by the names of the config objects.
    pub(super) written: Arc<BTreeMap<String, Written>>,
}

/// What was seen of the Swarm last; nothing before the first look.
pub type Overview = watch::Receiver<Option<Arc<Latest>>>;

/// For those alone that watch a set.
#[derive(Debug)]
pub struct Latest(pub(super) Seen);

/// Looks at the Swarm until nobody watches it any more.
pub async fn keep(engine: Engine, seen: watch::Sender<Option<Arc<Latest>>>, events: mpsc::Sender<Event>) {
    let mut keeper = Keeper { engine, seen, events, lost: false, unread: 0 };
    let mut pause = FIRST_PAUSE;
    while !keeper.seen.is_closed() {
        match keeper.session().await {
            Ok(Broken(why)) => {
                tracing::debug!("the event stream broke off: {why}");
                pause = FIRST_PAUSE;
            }
            Err(Ended::Closed) => return,
            Err(Ended::Failed(why)) => {
                if keeper.lost(why).await.is_err() {
                    return;
                }
                pause = (pause * 2).min(LAST_PAUSE);
            }
        }
        tokio::time::sleep(pause).await;
    }
}

struct Keeper {
    engine: Engine,
    seen: watch::Sender<Option<Arc<Latest>>>,
    events: mpsc::Sender<Event>,
    lost: bool,
    /// So many looks ago it was read what is known of sets.
    unread: u32,
}

enum Ended {
    /// Nobody receives events any more.
    Closed,
    /// The Swarm does not answer; why.
    Failed(String),
}

impl From<Fault> for Ended {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault.text)
    }
}

impl Keeper {
    /// Subscribes first and looks second, so that nothing falls between.
    async fn session(&mut self) -> Result<Broken, Ended> {
        let mut news = News::subscribe(&self.engine).await.map_err(fault)?;
        let mut seen = self.look(None, What { swarm: true, written: true }).await?;
        loop {
            self.seen.send_replace(Some(Arc::new(Latest(seen.clone()))));
            if std::mem::take(&mut self.lost) {
                self.events.send(Event::EngineBack).await.map_err(|_| Ended::Closed)?;
            }
            if self.seen.is_closed() {
                return Err(Ended::Closed);
            }
            tokio::time::sleep(APART).await;
            let follows = matches!(seen.stand, Stand::Follows { .. });
            seen = match happened(&mut news, follows).await {
                Ok(what) => self.look(Some(&seen), what).await?,
                Err(broken) => return Ok(broken),
            };
        }
    }

    /// Looks at what has happened; at everything, when it is time for that.
    async fn look(&mut self, before: Option<&Seen>, what: What) -> Result<Seen, Ended> {
        let stand = standing::stand(&self.engine).await.map_err(fault)?;
        if let Stand::Outside { .. } = stand {
            return Ok(Seen::nothing(stand));
        }
        let mut seen = match before {
            Some(before) => Seen { stand, ..before.clone() },
            None => Seen::nothing(stand),
        };
        self.unread += 1;
        if what.written || self.unread >= READ_AGAIN {
            seen.written = Arc::new(shelf::all_facts(&self.engine).await.map_err(fault)?);
            self.unread = 0;
        }
        if what.swarm || !what.written {
            let all = json!({});
            let services = self.engine.all("list the services", "/services", &all).await.map_err(fault)?;
            let tasks = self.engine.all("list the tasks", "/tasks", &all).await.map_err(fault)?;
            (seen.services, seen.tasks) = (Arc::new(services), Arc::new(tasks));
        }
        Ok(seen)
    }

    async fn lost(&mut self, why: String) -> Result<(), Ended> {
        if !std::mem::replace(&mut self.lost, true) {
            self.events.send(Event::EngineLost { why }).await.map_err(|_| Ended::Closed)?;
        }
        Ok(())
    }
}

/// Waits until there is something to look at, or it is time. Whoever acts has written down itself what is known.
async fn happened(news: &mut News, follows: bool) -> Result<What, Broken> {
    let something = async {
        loop {
            let What { swarm, written } = news.wait(TICK).await?;
            let written = written && follows;
            if swarm || written {
                return Ok(What { swarm, written });
            }
        }
    };
    tokio::time::timeout(TICK.saturating_sub(APART), something).await.unwrap_or(Ok(What::default()))
}

impl Seen {
    fn nothing(stand: Stand) -> Self {
        Self { stand, services: Arc::default(), tasks: Arc::default(), written: Arc::default() }
    }
}
