//! Checks by `query` and by `prometheus`.

use crate::config::check::{PrometheusCheck, QueryCheck};
use crate::config::origin;
use crate::config::prometheus::Names;
use crate::config::table::Section;

const HINT: &str = "write { targets = \"shop\", rules = [\"HighErrorRate\"], firing = 0 }, or one of them";

/// One number, held against limits.
pub(super) fn query(section: &mut Section<'_>, servers: &Names) -> Option<QueryCheck> {
    if !section.has("query") {
        for key in section.given(&["above", "below"]) {
            section.wrong_key(&[key], "is only for a check by `query`", "leave it out");
        }
        return None;
    }
    let name = servers.named(section).or_else(|| servers.usual().map(str::to_owned));
    let query = origin::promql(section, "query", servers, name.as_deref());
    let (above, below) = (section.number("above"), section.number("below"));
    match (above, below) {
        (None, None) => section.missing("has no limit for its query", "add `above` or `below`"),
        (Some(above), Some(below)) if below > above => {
            section.wrong("below", "is higher than `above`, so that every value is wrong", "exchange them");
        }
        _ => {}
    }
    let name = name?;
    Some(QueryCheck { server: servers.server(&name)?, name, query: query?.plain(), above, below })
}

/// What a Prometheus says of itself.
pub(super) fn itself(section: &mut Section<'_>, servers: &Names) -> Option<PrometheusCheck> {
    let mut table = section.section("prometheus")?;
    let name = servers.by_key(&mut table, "server").or_else(|| servers.usual().map(str::to_owned));
    let (targets, rules) = (table.string("targets"), table.distinct("rules").unwrap_or_default());
    let firing = table.has("firing").then(|| table.count("firing", 0, 0));
    if !servers.any() {
        table.missing(
            "needs a Prometheus that can be asked",
            "add [prometheus] with url = \"http://127.0.0.1:9090\"",
        );
    } else if name.is_none() {
        table.missing("can be asked of several and names none", "add server = \"NAME\"");
    }
    if targets.is_none() && rules.is_empty() && firing.is_none() {
        table.missing("asks nothing", HINT);
    }
    table.end(&[]);
    let name = name?;
    Some(PrometheusCheck { server: servers.server(&name)?, name, targets, rules, firing })
}
