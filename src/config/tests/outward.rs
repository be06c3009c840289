//! How the servers of others are reached.

use super::{load, told};
use crate::config::{Access, Heartbeat, HttpLogin, Secret, Way};

const TOP: &str = "proxy = \"http://proxy:3128\"\n";

fn proxy(access: &Access) -> Option<&str> {
    access.proxy.as_ref().map(|proxy| proxy.url.as_str())
}

#[test]
fn the_proxy_at_the_top_serves_who_tells_people() {
    let channel = |more: &str| format!("[channel.a]\nwebhook = {{ url = \"http://a/\"{more} }}\n");
    for (more, through) in [
        ("", Some("http://proxy:3128")),
        (", proxy = true", Some("http://proxy:3128")),
        (", proxy = false", None),
        (", proxy = \"https://own\"", Some("https://own")),
        (", proxy = { url = \"https://own:1\" }", Some("https://own:1")),
    ] {
        let config = load(&format!("{TOP}{}", channel(more))).unwrap();
        let Way::Webhook(webhook) = &config.channels["a"].way else { panic!("a webhook") };
        assert_eq!(proxy(&webhook.access), through, "{more}");
    }
    let beat = "[heartbeat]\nurl = \"http://h/\"\nbearer-token-file = \"credential:t\"\n";
    let Some(Heartbeat { access, .. }) = load(&format!("{TOP}{beat}")).unwrap().heartbeat else {
        panic!("a heartbeat")
    };
    let token = HttpLogin::Bearer(Secret::Credential("t".to_owned()));
    assert_eq!((proxy(&access), access.login.clone()), (Some("http://proxy:3128"), Some(token)));
    let prometheus = "[prometheus]\nurl = \"http://p\"\n";
    assert_eq!(proxy(&load(&format!("{TOP}{prometheus}")).unwrap().prometheus[""].access), None);
    let config = load(&format!("{TOP}{prometheus}[prometheus.proxy]\nurl = \"http://q\"\n")).unwrap();
    assert_eq!(config.prometheus.len(), 1, "a table of that name is no server");
}

#[test]
fn what_is_wrong_with_the_way_out_is_told() {
    let channel = |inside: &str| format!("[channel.a]\nwebhook = {{ url = \"http://a/\", {inside} }}\n");
    for (text, said) in [
        ("proxy = \"proxy:3128\"\n".to_owned(), "\"proxy\" is not http or https"),
        ("proxy = \"socks5://proxy\"\n".to_owned(), "\"socks5\" is not http or https"),
        ("proxy = \"http://user:s3cret@proxy\"\n".to_owned(), "holds a user or a password"),
        ("proxy = \"http://proxy/path\"\n".to_owned(), "has more than a host and a port"),
        ("proxy = 3128\n".to_owned(), "write \"http://proxy.example.com:3128\""),
        ("proxy = true\n".to_owned(), "there is no `proxy` at the top"),
        ("proxy = { except = [\"a\"] }\n".to_owned(), "has no `url`"),
        ("proxy = { url = \"http://p\", except = [\"10.0.0.0/33\"] }\n".to_owned(), "neither a domain nor"),
        ("proxy = { url = \"http://p\", username = \"u\" }\n".to_owned(), "has only one of `username`"),
        ("proxy = { url = \"http://p\", user = \"u\" }\n".to_owned(), "proxy.user: is not a known key"),
        (channel("proxy = true"), "there is no `proxy` at the top"),
        (channel("username = \"u\""), "has only one of `username` and `password-file`"),
        (channel("cert-file = \"/dev/null\""), "is not a file"),
        (channel("key-file = \"credential:k\""), "has only one of `cert-file` and `key-file`"),
        (channel("ca-file = \"/nonexistent\""), "cannot be read"),
        (channel("send-headers = { Cookie = \"a\" }"), "put it into `send-headers-file`"),
        (channel("send-headers = { \"a b\" = \"a\" }"), "is not the name of a header"),
        (
            channel("format = \"ntfy\", token-file = \"credential:t\", bearer-token-file = \"credential:u\""),
            "is a second way to log in beside `token-file`",
        ),
    ] {
        let mistakes = told(&text);
        assert!(mistakes.contains(said), "{text}\n{mistakes}");
        assert!(!mistakes.contains("s3cret@"), "{mistakes}");
    }
}
