//! `[service.….dependency.…]`: what a service depends on, by a check of it, or as another service that is watched.

use std::collections::{BTreeMap, BTreeSet};

use super::nearest::nearest;
use super::prometheus::Names;
use super::table::Section;
use super::{Check, checks};

/// Checks by name, and the services that are named. Their names stand beside those of the health checks.
pub(super) fn read(
    section: &mut Section<'_>,
    own: &str,
    services: &BTreeSet<String>,
    servers: &Names,
) -> (BTreeMap<String, Check>, Vec<String>) {
    let health = section.take("health").and_then(toml::Value::as_table);
    let (mut read, mut needs) = (BTreeMap::new(), BTreeSet::new());
    section.named("dependency", |name, mut section| {
        if section.has("service") {
            needs.extend(service(&mut section, own, services));
            section.end(&[]);
            return;
        }
        let check = checks::read(section, Some("looks at the service's own container"), servers);
        read.extend(check.map(|check| (name.to_owned(), check)));
    });
    for name in read.keys().filter(|name| health.is_some_and(|health| health.contains_key(*name))) {
        let message = "is what a health check of the service is called";
        section.wrong_key(&["dependency", name], message, "give it a name of its own");
    }
    (read, needs.into_iter().collect())
}

/// Another service of this configuration.
fn service(section: &mut Section<'_>, own: &str, services: &BTreeSet<String>) -> Option<String> {
    let needed = section.string("service")?;
    if needed == own {
        section.wrong("service", "is the service itself", "name another one");
        return None;
    }
    if !services.contains(&needed) {
        let hint = match nearest(&needed, services.iter().map(String::as_str)) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => "name a service that is watched, or check it by url, tcp or command".to_owned(),
        };
        section.wrong("service", format!("\"{needed}\" is not a service of this configuration"), &hint);
        return None;
    }
    Some(needed)
}
