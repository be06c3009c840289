//! Values that are right, in all their spellings.

use std::time::Duration;

use super::{SERVICE, load};
use crate::config::check::{Report, Reported, Severity, Wanted};
use crate::config::{CheckKind, FileAge, LogsCheck, Pattern, SmtpTls, TlsCheck, TlsVersion, Way};
use crate::model::notice::Tier;
use crate::model::policy::Ppm;

#[test]
fn durations_are_spelled_in_many_ways() {
    let cases = [
        ("400d", 400 * 86_400_000),
        ("1w", 7 * 86_400_000),
        ("1d 12h", 36 * 3_600_000),
        ("1m 30s", 90_000),
        ("1m30s", 90_000),
        ("1.5s", 1_500),
        ("250ms", 250),
        ("2 hours", 7_200_000),
    ];
    for (text, millis) in cases {
        let config = load(&format!("[state]\nkeep = \"{text}\"")).unwrap();
        assert_eq!(config.keep, Duration::from_millis(millis), "{text}");
    }
}

#[test]
fn some_durations_may_be_zero() {
    let text = format!(
        "{SERVICE}[service.api.watch]\ngrace = \"0s\"\n[service.api.rollback]\nstop-timeout = \"0s\""
    );
    let api = &load(&text).unwrap().services["api"];
    assert_eq!((api.policy.grace, api.stop_timeout), (Duration::ZERO, Duration::ZERO));
}

#[test]
fn smtp_addresses_say_how_mail_is_protected() {
    let cases = [
        ("smtps://mail.example.com", "mail.example.com", 465, SmtpTls::Implicit),
        ("smtps://127.0.0.1:4650", "127.0.0.1", 4650, SmtpTls::Implicit),
        ("smtp://mail.example.com", "mail.example.com", 587, SmtpTls::StartTls),
        ("smtp://mail.example.com:25/", "mail.example.com", 25, SmtpTls::StartTls),
        ("smtp://127.0.0.1", "127.0.0.1", 25, SmtpTls::Plain),
        ("smtp://127.8.9.1:2525", "127.8.9.1", 2525, SmtpTls::Plain),
        ("smtp://[::1]:2525", "::1", 2525, SmtpTls::Plain),
        ("smtp://LocalHost", "localhost", 25, SmtpTls::Plain),
        ("smtp://localhost.example.com", "localhost.example.com", 587, SmtpTls::StartTls),
        ("smtp://10.0.0.1", "10.0.0.1", 587, SmtpTls::StartTls),
    ];
    for (text, host, port, tls) in cases {
        let mail = format!("email = {{ to = [\"a@b.c\"], from = \"Go Live <a@b.c>\", smtp = \"{text}\" }}");
        let config = load(&format!("[channel.a]\n{mail}")).unwrap();
        let Way::Email(email) = &config.channels["a"].way else { panic!("a mail channel") };
        let smtp = &email.smtp[0];
        assert_eq!((smtp.host.as_str(), smtp.port, smtp.tls), (host, port, tls), "{text}");
    }
}

#[test]
fn without_alert_tables_every_channel_hears_everything() {
    let channels =
        "[channel.a]\nwebhook = { url = \"http://a/\" }\n[channel.b]\nwebhook = { url = \"http://b/\" }\n";
    let config = load(channels).unwrap();
    for tier in [Tier::Urgent, Tier::Important, Tier::General] {
        assert_eq!(config.tiers[&tier].channels, ["a", "b"]);
    }
    let config = load(&format!("{channels}[alert.urgent]\nchannels = [\"b\"]\nrepeat = \"15m\"")).unwrap();
    assert_eq!(config.tiers[&Tier::Urgent].channels, ["b"]);
    assert_eq!(config.tiers[&Tier::Urgent].repeat, Some(Duration::from_mins(15)));
    assert!(config.tiers[&Tier::General].channels.is_empty());
}

#[test]
fn a_check_may_ask_for_much() {
    let text = format!(
        "{SERVICE}status = 204\nmethod = \"HEAD\"\nkeep-alive = false\nsend-headers = {{ Host = \"x\" }}\nmax-latency = \"2s\"\n\
         json = {{ \"/a~1b/0\" = 1, \"/deep\" = {{ x = [true] }} }}\nbody-contains = \"✓\"\n\
         headers = {{ Server = false, X-Frame-Options = \"DENY\", Strict-Transport-Security = \"*\" }}\n"
    );
    let CheckKind::Http(check) = &load(&text).unwrap().services["api"].checks["web"].kind.clone() else {
        panic!("a check by url")
    };
    assert_eq!((check.status.as_slice(), check.method.as_str()), ([204].as_slice(), "HEAD"));
    assert_eq!(check.send_headers["Host"], "x");
    let wanted = [
        ("server", Wanted::Absent),
        ("x-frame-options", Wanted::Equal("DENY".to_owned())),
        ("strict-transport-security", Wanted::Present),
    ];
    assert_eq!(check.headers, wanted.map(|(name, wanted)| (name.to_owned(), wanted)).into());
    assert_eq!(check.json["/a~1b/0"], serde_json::json!(1));
    assert_eq!(check.json["/deep"], serde_json::json!({ "x": [true] }));
    assert_eq!(check.body_contains.as_deref(), Some("✓"));
    assert_eq!(check.keep_alive, Some(false));
}

#[test]
fn certificates_and_files_are_checked_too() {
    let load =
        |keys: &str| load(&format!("[service.api]\ncontainer = \"api\"\n[service.api.health.it]\n{keys}"));
    let kind = |keys: &str| load(keys).unwrap().services["api"].checks["it"].kind.clone();
    let tls = TlsCheck {
        address: "shop.example:443".to_owned(),
        name: None,
        days: 14,
        min: TlsVersion::V12,
        ca_file: None,
    };
    assert_eq!(kind("tls = \"shop.example:443\""), CheckKind::Tls(tls.clone()));
    let more = TlsCheck { name: Some("www.shop.example".to_owned()), days: 30, min: TlsVersion::V13, ..tls };
    let keys = "tls = \"shop.example:443\"\ndays = 30\nmin = \"1.3\"\nname = \"www.shop.example\"";
    assert_eq!(kind(keys), CheckKind::Tls(more));
    let dump = FileAge { path: "/var/backups/shop.dump".into(), below: Duration::from_hours(26) };
    let keys = "file-age = { path = \"/var/backups/shop.dump\", below = \"26h\" }";
    assert_eq!(kind(keys), CheckKind::FileAge(dump));
    let report = |keys: &str| {
        let CheckKind::Report(Report { wanted, .. }) = kind(&format!("report = {{ {keys} }}")) else {
            panic!("a report")
        };
        wanted
    };
    assert_eq!(report("junit = \"/x\""), Reported::Junit { pass_rate: Ppm(1_000_000) });
    assert_eq!(report("junit = \"/x\", pass-rate = \"95%\""), Reported::Junit { pass_rate: Ppm(950_000) });
    assert_eq!(report("sarif = \"/x\""), Reported::Sarif { none_of: Severity::High });
    assert_eq!(report("lcov = \"/x\", lines = 0.8"), Reported::Lcov { lines: Ppm(800_000) });
    assert_eq!(report("cobertura = \"/x\", lines = 0.8"), Reported::Cobertura { lines: Ppm(800_000) });
    for (keys, told) in [
        ("report = {}", "does not say which format it has"),
        ("report = { junit = \"/x\", lines = \"80%\" }", "is only for `lcov`, `cobertura`"),
        ("report = { junit = \"/x\", sarif = \"/y\" }", "is a second report beside another"),
        ("report = { lcov = \"/x\" }", "has no `lines`"),
        ("report = { sarif = \"/x\", none-of = \"bad\" }", "critical"),
        ("report = { junit = \"/x\", pass-rate = \"101%\" }", "is not from 0 to 1"),
        ("tls = \"shop.example\"", "is not an address"),
        ("tls = \"shop.example:443\"\nmin = \"1.1\"", "1.2"),
        ("tcp = \"shop.example:443\"\ndays = 3", "is only for a check by `tls`"),
        ("tls = \"shop.example:443\"\nstatus = 200", "is only for a check by `url`"),
        ("file-age = { path = \"/x\" }", "below"),
        ("file-age = \"/x\"", "file-age"),
        ("query = \"up\"\nbelow = 1", "needs a Prometheus"),
        ("prometheus = { firing = 0 }", "needs a Prometheus"),
        ("tcp = \"a:1\"\nabove = 1", "is only for a check by `query`"),
    ] {
        let error = load(keys).unwrap_err().to_string();
        assert!(error.contains(told), "{keys}: {error}");
    }
}

#[test]
fn lines_in_logs_are_checked_too() {
    let load = |keys: &str| load(&format!("{SERVICE}[service.api.health.it]\n{keys}"));
    let kind = |keys: &str| load(keys).unwrap().services["api"].checks["it"].kind.clone();
    let pattern = Pattern::new("Traceback|ERROR").unwrap();
    let logs = LogsCheck { pattern, above: 5, over: Duration::from_mins(2) };
    let keys = "logs = { pattern = \"Traceback|ERROR\", above = 5, over = \"2m\" }";
    assert_eq!(kind(keys), CheckKind::Logs(logs.clone()));
    let none = LogsCheck { above: 0, over: Duration::from_mins(1), ..logs };
    assert_eq!(kind("logs = { pattern = \"Traceback|ERROR\" }"), CheckKind::Logs(none));
    for (keys, told) in [
        ("logs = {}", "has no `pattern`"),
        ("logs = \"ERROR\"", "write a table"),
        ("logs = { pattern = \"\" }", "is empty"),
        ("logs = { pattern = \"(ERROR\" }", "is no regular expression: unclosed group"),
        ("logs = { pattern = \"(a{999}){999}\" }", "is too large a pattern"),
        ("logs = { pattern = \"E\", above = 5001 }", "is more than 5000"),
        ("logs = { pattern = \"E\", above = -1 }", "too small"),
        ("logs = { pattern = \"E\", over = \"2h\" }", "is longer than 1h"),
        ("logs = { pattern = \"E\", over = \"1s\" }", "is shorter than 10s"),
        ("logs = { pattern = \"E\", below = 3 }", "is not a known key"),
        ("logs = { pattern = \"E\" }\ndocker = true", "is a second kind of check beside another"),
    ] {
        let error = load(keys).unwrap_err().to_string();
        assert!(error.contains(told), "{keys}: {error}");
    }
}

#[test]
fn the_timezone_and_language_are_taken() {
    let config = load("timezone = \"UTC\"\nlanguage = \"zh-CN\"").unwrap();
    assert_eq!(config.timezone, Some(jiff::tz::TimeZone::UTC));
    assert_eq!(config.language, crate::config::Language::Chinese);
}

#[test]
fn smarthosts_keep_their_order_and_a_token_is_no_password() {
    use crate::config::{LoginKind, Secret};
    let mail = |keys: &str| {
        let text = format!("[channel.a]\nemail = {{ to = [\"a@b.c\"], from = \"a@b.c\", {keys} }}");
        let mut config = load(&text).unwrap_or_else(|mistakes| panic!("{text}\n{mistakes}"));
        let Some(Way::Email(email)) = config.channels.remove("a").map(|channel| channel.way) else {
            panic!("a mail channel")
        };
        email
    };
    let two =
        mail("smtp = [\"smtps://b\", \"smtp://a\"], username = \"u\", password-file = \"credential:p\"");
    let hosts: Vec<&str> = two.smtp.iter().map(|smtp| smtp.host.as_str()).collect();
    assert_eq!(hosts, ["b", "a"]);
    assert_eq!(two.login.unwrap().kind, LoginKind::Password);
    let token = "smtp = \"smtps://b\", username = \"u\", auth = \"xoauth2\", token-file = \"credential:t\"";
    let login = mail(token).login.unwrap();
    assert_eq!((login.kind, login.secret), (LoginKind::Token, Secret::Credential("t".to_owned())));
    assert!(mail("smtp = \"smtps://b\", one-subject = true").one_subject);
    assert_eq!(mail("smtp = \"smtps://b\"").login, None);
}

#[test]
fn urgent_alerts_wait_for_no_digest_and_no_quiet_hours() {
    const MAIL: &str = "email = { to = [\"a@b.c\"], from = \"a@b.c\", smtp = \"smtp://localhost\" }\n";
    for (key, value) in [("digest", "15m"), ("quiet", "22:00-07:00")] {
        let tier = |name: &str| format!("[alert.{name}]\nchannels = [\"a\"]\n{key} = \"{value}\"\n");
        let urgent = load(&format!("[channel.a]\n{MAIL}{}", tier("urgent"))).unwrap_err().render(false);
        assert!(urgent.contains(key) && urgent.contains("urgent alerts are told at once"), "{urgent}");
        let plain = "[alert.urgent]\nchannels = [\"a\"]\n";
        assert!(load(&format!("[channel.a]\n{MAIL}{plain}{}", tier("general"))).is_ok(), "{key}");
    }
}

#[test]
fn zero_and_false_switch_a_pause_off() {
    const MAIL: &str = "email = { to = [\"a@b.c\"], from = \"a@b.c\", smtp = \"smtp://localhost\" }\n";
    let tier = |keys: &str| {
        let text = format!("[channel.a]\n{MAIL}[alert.urgent]\nchannels = [\"a\"]\n[alert.general]\n{keys}");
        load(&text).map(|config| config.tiers[&Tier::General].clone())
    };
    for off in ["\"0s\"", "\"0m\"", "\"0h 0m\"", "false"] {
        let keys = format!("channels = [\"a\"]\ndigest = {off}\nrepeat = {off}");
        let policy = tier(&keys).unwrap_or_else(|mistakes| panic!("{keys}\n{mistakes}"));
        assert_eq!((policy.digest, policy.repeat), (None, None), "{off}");
    }
    let on = tier("channels = [\"a\"]\ndigest = \"1h\"\nrepeat = \"2h\"").unwrap();
    assert_eq!((on.digest, on.repeat), (Some(Duration::from_hours(1)), Some(Duration::from_hours(2))));
    for wrong in ["\"1ms\"", "true", "0", "\"-1s\""] {
        assert!(tier(&format!("channels = [\"a\"]\ndigest = {wrong}")).is_err(), "{wrong}");
        assert!(tier(&format!("channels = [\"a\"]\nrepeat = {wrong}")).is_err(), "{wrong}");
    }
}

#[test]
fn a_prometheus_may_be_asked_by_a_check() {
    let load = |keys: &str, servers: &str| {
        let text = format!("{servers}\n[service.api]\ncontainer = \"api\"\n[service.api.health.it]\n{keys}");
        load(&text).map(|config| config.services["api"].checks["it"].kind.clone())
    };
    let one = "[prometheus]\nurl = \"http://127.0.0.1:9090\"";
    let two = "[prometheus.near]\nurl = \"http://near:9090\"\n[prometheus.far]\nurl = \"http://far:9090\"";
    let CheckKind::Query(query) = load("query = \"sum(lag)\"\nabove = 900", one).unwrap() else {
        panic!("a query")
    };
    assert_eq!((query.query.as_str(), query.above, query.below), ("sum(lag)", Some(900.0), None));
    let by_name = load("query = \"sum(lag)\"\nprometheus = \"far\"\nbelow = 1", two).unwrap();
    assert!(matches!(by_name, CheckKind::Query(query) if query.server.url == "http://far:9090"));
    let keys =
        "prometheus = { targets = \"shop\", rules = [\"HighErrorRate\"], firing = 1, server = \"near\" }";
    let CheckKind::Prometheus(itself) = load(keys, two).unwrap() else { panic!("a Prometheus") };
    assert_eq!(
        (itself.targets.as_deref(), itself.firing, itself.server.url.as_str()),
        (Some("shop"), Some(1), "http://near:9090")
    );
    for (keys, servers, told) in [
        ("query = \"up\"", one, "has no limit"),
        ("query = \"up\"\nabove = 1\nbelow = 2", one, "is higher than `above`"),
        ("query = \"up\"\nabove = 1", two, "names none"),
        ("query = \"sum(\"\nabove = 1", one, "query"),
        ("prometheus = {}", one, "asks nothing"),
        ("prometheus = { firing = 0 }", two, "names none"),
        ("prometheus = { firing = 0, server = \"fra\" }", two, "there is no [prometheus.fra]"),
        ("prometheus = \"far\"", two, "prometheus"),
        ("query = \"up\"\nabove = 1\ntcp = \"a:1\"", one, "is a second kind of check"),
    ] {
        let wrong = load(keys, servers).expect_err(keys).to_string();
        assert!(wrong.contains(told), "{keys}: {wrong}");
    }
}
