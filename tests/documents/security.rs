//! `SECURITY.md`: the proxy that it has to copy from lets through what golive asks for, and what it is there to shut out no more.

use regex::Regex;

/// What whoever has taken golive over would like to ask for.
const SHUT_OUT: [(&str, &str); 19] = [
    ("POST", "/containers/shop/exec"),
    ("POST", "/containers/shop/attach"),
    ("POST", "/containers/shop/kill"),
    ("GET", "/containers/shop/export"),
    ("GET", "/containers/shop/attach/ws"),
    ("POST", "/containers/prune"),
    ("POST", "/exec/e1/start"),
    ("POST", "/build"),
    ("POST", "/commit"),
    ("POST", "/session"),
    ("POST", "/images/create"),
    ("POST", "/images/team/shop:1/push"),
    ("DELETE", "/images/../volumes/data"),
    ("POST", "/volumes/create"),
    ("DELETE", "/volumes/data"),
    ("POST", "/networks/create"),
    ("GET", "/plugins"),
    ("POST", "/swarm/join"),
    ("POST", "/secrets/create"),
];

/// One line of the frontend, in their order.
enum Line {
    Deny(String),
    Allow(String, Regex),
}

#[test]
fn the_proxy_to_copy_from_lets_through_what_golive_asks_for_and_nothing_else() {
    let text = super::read("SECURITY.md");
    let blocks: Vec<&str> =
        text.split("```haproxy\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let [containers, swarm] = blocks[..] else { panic!("two blocks: {blocks:?}") };
    let (containers, swarm) = (lines(containers), lines(swarm));
    assert!(containers.len() > 10 && swarm.len() > 4);
    let asked = asked();
    assert!(asked.len() > 30, "{asked:?}");
    for (method, path, in_swarm) in &asked {
        assert!(passes(&containers, method, path) != *in_swarm, "{method} {path}");
        assert!(passes(&containers, method, path) || passes(&swarm, method, path), "{method} {path}");
    }
    for (method, path) in SHUT_OUT {
        assert!(!passes(&containers, method, path) && !passes(&swarm, method, path), "{method} {path}");
    }
    // Each line is for something.
    for line in containers.iter().chain(&swarm) {
        let Line::Allow(method, path) = line else { continue };
        let used = |(asked, it, _): &(String, String, bool)| asked == method && path.is_match(it);
        assert!(asked.iter().any(used), "nothing asks for {method} {path}");
    }
}

/// What docs/engine-calls.md lists but for the demo's: with names in it, and whether it is a Swarm's.
fn asked() -> Vec<(String, String, bool)> {
    let text = super::read("docs/engine-calls.md");
    let (mut asked, mut part) = (Vec::new(), "");
    for line in text.lines() {
        part = line.strip_prefix("## ").unwrap_or(part);
        let cells: Vec<&str> = line.split(" | ").collect();
        if let [method, path, _] = cells[..]
            && path.starts_with('`')
            && part != "The demo"
        {
            let name = if path.starts_with("`/images/") { "registry:5000/team/shop:1" } else { "shop.web_1" };
            let path = path.trim_matches('`').replace("{id}", name).replace("{name}", name);
            asked.push((method.trim_start_matches("| ").to_owned(), path, part == "Docker Swarm"));
        }
    }
    asked
}

fn lines(block: &str) -> Vec<Line> {
    let line = |line: &str| {
        let rest = line.trim().strip_prefix("http-request ")?;
        if let Some(rest) = rest.strip_prefix("deny if { path -m sub ") {
            return Some(Line::Deny(rest.trim_end_matches(" }").to_owned()));
        }
        let rest = rest.strip_prefix("allow if { method ")?;
        let (method, path) = rest.split_once('}')?;
        let path = path.trim().strip_prefix("{ path -m reg ")?.strip_suffix(" }")?;
        Some(Line::Allow(method.trim().to_owned(), Regex::new(path).unwrap()))
    };
    block.lines().filter_map(line).collect()
}

/// As `HAProxy` goes through them: the first line that fits decides, and the last one denies.
fn passes(lines: &[Line], method: &str, path: &str) -> bool {
    let fits = lines.iter().find_map(|line| match line {
        Line::Deny(part) => path.contains(part.as_str()).then_some(false),
        Line::Allow(allowed, paths) => (allowed == method && paths.is_match(path)).then_some(true),
    });
    fits.unwrap_or(false)
}
