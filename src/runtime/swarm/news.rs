//! That something has happened in the Swarm or to a container here. What, a look tells better than the event.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::Response;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::runtime::engine::{Engine, EngineError};

use super::{lease, text};

/// Events come in swarms, too: one look serves all that come within this.
const TOGETHER: Duration = Duration::from_millis(100);
/// What of a line has come is kept up to this; a longer one says that something has happened, and no more.
const LONGEST: usize = 64 << 10;

/// The stream of such news.
pub(super) struct News {
    stream: Response,
    /// The beginning of a line whose end has not come yet.
    begun: Vec<u8>,
    /// When it was heard last that the lease was renewed.
    renewed: Option<Timestamp>,
}

/// The stream has ended; why.
pub(super) struct Broken(pub(super) String);

/// What a look has to look at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct What {
    /// Services or tasks.
    pub(super) swarm: bool,
    /// Nodes.
    pub(super) nodes: bool,
    /// What is known of sets was written down.
    pub(super) written: bool,
}

impl News {
    pub(super) async fn subscribe(engine: &Engine) -> Result<Self, EngineError> {
        let filters = json!({
            "type": ["service", "node", "config", "container"],
            "event": ["create", "update", "remove", "start", "die"],
        });
        Ok(Self { stream: engine.events(&filters, None).await?, begun: Vec::new(), renewed: None })
    }

    /// Waits for news, and no longer than that; nothing when none came.
    pub(super) async fn wait(&mut self, at_most: Duration) -> Result<What, Broken> {
        let mut what = What::default();
        let first = async {
            while what == What::default() {
                what.add(self.next().await?);
            }
            Ok(())
        };
        match tokio::time::timeout(at_most, first).await {
            Ok(result) => result?,
            Err(_) => return Ok(what),
        }
        let more = async {
            while let Ok(more) = self.next().await {
                what.add(more);
            }
        };
        drop(tokio::time::timeout(TOGETHER, more).await);
        Ok(what)
    }

    /// When it was heard that the lease was renewed, if it was since this was asked last.
    pub(super) fn renewed(&mut self) -> Option<Timestamp> {
        self.renewed.take()
    }

    /// What the next piece of the stream tells. May be dropped: a piece that was taken is taken whole.
    async fn next(&mut self) -> Result<What, Broken> {
        let piece = match self.stream.chunk().await {
            Ok(Some(piece)) => piece,
            Ok(None) => return Err(Broken("the engine ended it".to_owned())),
            Err(error) => return Err(Broken(error.to_string())),
        };
        let mut what = What::default();
        for byte in piece {
            if byte != b'\n' {
                self.begun.push(byte);
            }
            if byte == b'\n' || self.begun.len() >= LONGEST {
                let line = std::mem::take(&mut self.begun);
                if line.windows(lease::NAME.len()).any(|part| part == lease::NAME.as_bytes()) {
                    self.renewed = Some(Clock::wall());
                }
                what.add(What::of(&line));
            }
        }
        Ok(what)
    }
}

impl What {
    pub(super) fn all() -> Self {
        Self { swarm: true, nodes: true, written: true }
    }

    fn add(&mut self, more: Self) {
        self.swarm |= more.swarm;
        self.nodes |= more.nodes;
        self.written |= more.written;
    }

    /// What one event is about. What golive makes for itself is not the Swarm's; nobody runs with other config objects.
    fn of(line: &[u8]) -> Self {
        let Ok(event) = serde_json::from_slice::<Value>(line) else {
            return Self::all();
        };
        let name = text(&event, "/Actor/Attributes/name");
        match text(&event, "/Type") {
            "config" => {
                Self { written: name.starts_with("golive.") && name != lease::NAME, ..Self::default() }
            }
            "service" if name.starts_with(super::hold::BEGINS) => Self::default(),
            // Where its tasks go tells whether they are missing.
            "node" => Self { swarm: true, nodes: true, ..Self::default() },
            _ => Self { swarm: true, ..Self::default() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_golive_writes_down_is_no_news_of_the_swarm() {
        let event =
            |kind: &str, name: &str| json!({ "Type": kind, "Actor": { "Attributes": { "name": name } } });
        let of = |kind: &str, name: &str| {
            let What { swarm, written, .. } = What::of(event(kind, name).to_string().as_bytes());
            (swarm, written)
        };
        assert_eq!(of("config", "golive.shop.0123456789abcdef"), (false, true));
        assert_eq!(of("config", "shop_conf"), (false, false));
        assert_eq!(of("service", "golive.shop"), (true, false));
        assert_eq!(of("service", "golive-keep-shop-0123456789abcdef"), (false, false));
        assert_eq!(of("container", "shop_api.1"), (true, false));
        assert_eq!(of("config", "golive.lease"), (false, false));
        assert_eq!(What::of(b"{\"Type\":"), What::all(), "what cannot be read may be anything");
    }
}
