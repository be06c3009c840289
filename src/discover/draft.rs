//! The text of `rules.toml` from what was seen, and from nothing else: what is in force works now, and each line says why
//! it is there.

use minijinja::context;

use super::seen::{Seen, Unread};
use crate::text::Texts;

mod page;
mod service;

use page::Page;

/// What stands behind a channel that is not there yet.
const CHANNEL: [&str; 6] = [
    "[channel.oncall]",
    "email = { to = [\"oncall@example.com\"], from = \"golive@example.com\", smtp = \"smtp://127.0.0.1\" }",
    "[channel.chat]",
    "webhook = { format = \"slack\", url-file = \"credential:slack-url\" }",
    "[alert.urgent]",
    "channels = [\"oncall\", \"chat\"]",
];

const PERSON: [&str; 3] = ["[people.on-call]", "name = \"Ada Example\"", "phone = \"+44 20 7946 0000\""];

const SERVICE: [&str; 4] = [
    "[service.web]",
    "container = \"shop-web\"",
    "[service.web.health.page]",
    "url = \"http://127.0.0.1:8000/health\"",
];

const PROMETHEUS: [&str; 2] = ["[prometheus]", "url = \"http://127.0.0.1:9090\""];

/// Sentences in the reader's language, on a page.
struct Draft<'a> {
    page: Page,
    texts: &'a Texts,
}

/// The whole file.
pub(crate) fn draft(seen: &Seen, texts: &Texts) -> String {
    let mut draft = Draft { page: Page::default(), texts };
    draft.head(seen);
    draft.prometheus(seen);
    for service in &seen.services {
        draft.page.blank();
        service::write(&mut draft, service, seen.prometheus.is_some());
    }
    if seen.services.is_empty() {
        draft.page.blank();
        let configured = !seen.configured.is_empty();
        draft.say("nothing", context! { configured });
        draft.examples(&SERVICE);
    }
    draft.people(seen);
    draft.page.text()
}

impl Draft<'_> {
    /// A sentence as a comment. Its values are harmless already.
    fn say(&mut self, name: &str, values: minijinja::Value) {
        let sentence = self.texts.phrase(&format!("discover.{name}"), values);
        self.page.note(&sentence);
    }

    fn examples(&mut self, lines: &[&str]) {
        for line in lines {
            self.page.example(line);
        }
    }

    fn head(&mut self, seen: &Seen) {
        for name in ["head", "head-lines", "head-next", "head-shadow"] {
            self.say(name, context! {});
        }
        if seen.asleep.len() + seen.configured.len() + seen.databases.len() + seen.more > 0
            || seen.swarm.is_some()
        {
            self.page.blank();
        }
        if !seen.configured.is_empty() {
            self.say("configured", context! { names => seen.configured.join(", ") });
        }
        if !seen.asleep.is_empty() {
            self.say("asleep", context! { names => some(&seen.asleep) });
        }
        if !seen.databases.is_empty() {
            let names: Vec<String> =
                seen.databases.iter().map(|(name, image)| format!("{name} ({image})")).collect();
            self.say("databases", context! { names => some(&names) });
        }
        if seen.more > 0 {
            self.say("more", context! { more => seen.more });
        }
        match &seen.swarm {
            Some(Unread::Worker) => self.say("worker", context! {}),
            Some(Unread::Lost(why)) => {
                self.say("swarm-lost", context! { why => crate::untrusted::clean(why) })
            }
            None => {}
        }
        if let Some(socket) = &seen.socket {
            self.page.blank();
            self.say("socket", context! {});
            self.page.table(&["docker"]);
            self.page.set("socket", socket.display().to_string());
        }
    }

    fn prometheus(&mut self, seen: &Seen) {
        // One that is elsewhere is known, and was not asked.
        if seen.prometheus.is_none() && seen.has.prometheus {
            return;
        }
        self.page.blank();
        match &seen.prometheus {
            Some(server) => {
                let (url, version) = (&server.url, &server.version);
                self.say("prometheus", context! { url, version, configured => server.configured });
                if !server.configured {
                    self.page.table(&["prometheus"]);
                    self.page.set("url", url.as_str());
                }
            }
            None => {
                self.say("no-prometheus", context! {});
                self.examples(&PROMETHEUS);
            }
        }
    }

    fn people(&mut self, seen: &Seen) {
        if !seen.has.channels {
            self.page.blank();
            self.say("no-channel", context! {});
            self.examples(&CHANNEL);
        }
        if !seen.has.people {
            self.page.blank();
            self.say("no-people", context! {});
            self.examples(&PERSON);
        }
    }
}

/// Names in a sentence; of very many the first.
fn some(names: &[String]) -> String {
    const MOST: usize = 20;
    let more = names.len().saturating_sub(MOST);
    let first = names.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{first}, … (+{more})") } else { first }
}
