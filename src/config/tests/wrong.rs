//! What is wrong is told, all of it at once.

use super::{Place, SERVICE, load, told};

#[test]
fn every_mistake_is_told_at_once() {
    let text = include_str!("wrong.toml");
    insta::assert_snapshot!(told(text));
}

#[test]
fn what_later_versions_know_is_refused_and_said_to_be_so() {
    insta::assert_snapshot!(told(include_str!("later.toml")));
}

/// One value, wrong in one way, is one mistake.
#[test]
fn one_mistake_is_told_once() {
    for (text, message) in CASES {
        let mistakes = load(&format!("{SERVICE}{text}")).expect_err(text);
        assert_eq!(mistakes.iter().count(), 1, "{text}\n{mistakes}");
        assert!(mistakes.to_string().contains(message), "{text}\n{mistakes}");
    }
}

#[test]
fn mail_channels_are_told_wrong_one_by_one() {
    let good = "to = [\"a@b.c\"], from = \"a@b.c\"";
    let cases = [
        (format!("{good}, smtp = \"mail.example.com\""), "is not a URL"),
        (format!("{good}, smtp = \"mail.example.com:25\""), "\"mail.example.com\" is not a way to send mail"),
        (format!("{good}, smtp = \"http://a\""), "\"http\" is not a way to send mail"),
        (format!("{good}, smtp = \"smtp://\""), "has no host"),
        (format!("{good}, smtp = \"smtp://a:0\""), "has no port"),
        (format!("{good}, smtp = \"smtp://a/b\""), "has more than a host and a port"),
        (format!("{good}, smtp = \"smtp://u@a\""), "holds a user or a password"),
        (format!("{good}, smtp = \"smtp://a\", username = \"u\""), "has only one of"),
        (format!("{good}, smtp = \"smtp://a\", password-file = \"credential:p\""), "has only one of"),
        (format!("{good}, smtp = \"smtp://a\", username = \"u\", password = \"p\""), "is a secret"),
        (format!("{good}, smtp = \"smtp://a\", ca-file = \"/\""), "is not a file"),
        (format!("{good}, smtp = []"), "is empty"),
        (format!("{good}, smtp = [\"smtp://a\", \"smtp://a/b\"]"), "has more than a host and a port"),
        (format!("{good}, smtp = [\"smtp://a\", \"smtp://a\"]"), "is there twice"),
        (
            format!("{good}, smtp = [\"smtp://a\", \"smtp://b\", \"smtp://c\", \"smtp://d\", \"smtp://e\"]"),
            "has more than 4",
        ),
        (format!("{good}, smtp = \"smtp://a\", auth = \"cram-md5\""), "is not a way to log in"),
        (
            format!("{good}, smtp = \"smtp://a\", auth = \"xoauth2\", username = \"u\""),
            "has only one of `username` and `token-file`",
        ),
        (
            format!(
                "{good}, smtp = \"smtp://a\", auth = \"xoauth2\", username = \"u\", password-file = \"credential:p\""
            ),
            "is not what auth = \"xoauth2\" logs in with",
        ),
        (
            format!("{good}, smtp = \"smtp://a\", username = \"u\", token-file = \"credential:t\""),
            "is only used with auth = \"xoauth2\"",
        ),
        (format!("{good}, smtp = \"smtp://a\", token = \"t\""), "is a secret"),
        (good.to_owned(), "has no `smtp`"),
        ("to = [], from = \"a@b.c\", smtp = \"smtp://a\"".to_owned(), "is empty"),
        ("to = [\"a\"], from = \"a@b.c\", smtp = \"smtp://a\"".to_owned(), "is not a mail address"),
        ("to = [\"a@b.c\"], from = \"b.c\", smtp = \"smtp://a\"".to_owned(), "is not a mail address"),
        ("to = [\"a@b.c\", \"a@b.c\"], from = \"a@b.c\", smtp = \"smtp://a\"".to_owned(), "is there twice"),
    ];
    for (keys, message) in cases {
        let mistakes = load(&format!("[channel.a]\nemail = {{ {keys} }}")).expect_err(&keys);
        assert_eq!(mistakes.iter().count(), 1, "{keys}\n{mistakes}");
        assert!(mistakes.to_string().contains(message), "{keys}\n{mistakes}");
    }
}

#[test]
fn nobody_is_left_without_urgent_news_by_oversight() {
    let text = "[channel.a]\nwebhook = { url = \"http://a/\" }\n[alert.general]\nchannels = [\"a\"]\n";
    assert!(told(text).contains("rules.toml:3:2: alert: has no `urgent`"), "{}", told(text));
}

#[test]
fn one_mistake_fits_one_line_and_the_rest_is_counted() {
    let mistakes = load("language = \"en\\u001b[31m\\nnl\"\nb = 1\nc = 2\n").unwrap_err();
    let summary = mistakes.summary();
    assert!(summary.ends_with("(and 2 more)"), "{summary}");
    assert!(!summary.chars().any(char::is_control), "{summary:?}");
}

/// A line that came from the file, or a name in it, does nothing where it is shown, and can be found there.
#[test]
fn whatever_acts_in_a_file_is_shown_without_acting() {
    for acting in ["\u{202e}", "\u{200b}", "\u{2028}", "\u{ad}", "\u{feff}", "\u{e0041}"] {
        for text in [
            format!("[service.\"x{acting}y\"]\ncontainer = \"a\""),
            format!("[service.a]\ncontainer = \"a\"\n\"b{acting}c\" = 1"),
            format!("\"b{acting}c\" = 1"),
            format!("language = \"x{acting}y\" # {acting}"),
            format!("a = x{acting}y"),
            format!("[channel.\"m{acting}\"]\nwebhook = {{ url = \"http://a/\" }}"),
        ] {
            let mistakes = load(&text).unwrap_err();
            for told in [mistakes.render(false), mistakes.to_string(), mistakes.summary()] {
                let found = told.chars().find(|c| *c != '\n' && crate::untrusted::acts(*c));
                assert_eq!(found, None, "{text:?}: {told}");
            }
        }
    }
    let told = load("[service.\"x\u{202e}y\"]\ncontainer = \"a\"").unwrap_err().render(false);
    assert!(told.contains("service.x\\u{202e}y: is not a name"), "{told}");
}

#[test]
fn thousands_of_mistakes_are_cut() {
    let lines: Vec<String> =
        (0..5_000).map(|index| format!("key-{index} = \"{}\"", "x".repeat(100))).collect();
    let text = lines.join("\n");
    let mistakes = load(&text).unwrap_err();
    assert_eq!(mistakes.iter().count(), 200);
    assert!(mistakes.to_string().ends_with("and 4800 more"));
    assert!(mistakes.summary().ends_with("(and 4999 more)"));
}

/// As many as fit into a file. A slow reader would take minutes and keep a reloading daemon from its work.
#[test]
fn a_file_full_of_mistakes_is_read_in_linear_time() {
    let keys: Vec<String> = (0..80_000).map(|index| format!("k{index} = 1")).collect();
    assert_eq!(load(&keys.join("\n")).unwrap_err().iter().count(), 200);
    let channels = vec!["\"a\""; 200_000].join(",");
    assert!(told(&format!("[alert.urgent]\nchannels = [{channels}]")).contains("has more than 1000 entries"));
    let sections: Vec<String> = (0..40_000).map(|index| format!("[service.s{index}]")).collect();
    assert_eq!(load(&sections.join("\n")).unwrap_err().iter().count(), 200);
    let numbers: Vec<String> = (0..30_000).map(|index| format!("k{index} = 99999999999999999999")).collect();
    assert_eq!(load(&numbers.join("\n")).unwrap_err().iter().count(), 200);
}

#[test]
fn a_long_line_is_cut_around_the_mistake() {
    let text = format!("# \nlanguage = \"en\" # {}\n", "语".repeat(9_000));
    let text = text.replace("\"en\"", &format!("\"{}\"", "é".repeat(9_000)));
    let mistakes = load(&text).unwrap_err();
    assert!(mistakes.to_string().len() < 2_000);
    assert!(mistakes.render(false).len() < 4_000);
}

#[test]
fn drawn_for_people() {
    let place = Place::new();
    place.write(
        "rules.toml",
        "# 说明\n# b\nlanguage = \"zh_CN\"\npeople.\"值班\" = { nmae = \"李雷\", email = \"x\" }\n",
    );
    let mistakes = place.load(&[("GOLIVE__STATE__KEEP", "soon")]).unwrap_err();
    let drawn = mistakes.render(false).replace(&format!("{}/", place.0.path().display()), "");
    insta::assert_snapshot!(drawn);
    assert!(mistakes.render(true).contains("\u{1b}["));
    insta::assert_snapshot!("drawn_plainly", place.told(&[]));
}

/// What is added to a good service, and what is then told.
const CASES: &[(&str, &str)] = &[
    ("[service.api.watch]\nwindow = 10", "10 has no unit"),
    ("[service.api.watch]\nwindow = \"10\"", "\"10\" has no unit"),
    ("[service.api.watch]\nwindow = \"-10s\"", "\"-10s\" is negative"),
    ("[service.api.watch]\nwindow = \"0s\"", "is zero"),
    ("[service.api.watch]\nwindow = \"10 minuts\"", "\"10 minuts\" is not a duration"),
    ("[service.api.watch]\nwindow = \"1mo\"", "\"1mo\" is not a duration"),
    ("[service.api.watch]\nwindow = true", "cannot be true or false"),
    ("[service.api.watch]\nwindow = \"40d\"", "is longer than a month"),
    ("[service.api.watch]\nwindow = \"3s\"", "lets the watch end"),
    ("[service.api.watch]\ninterval = \"11m\"", "lets the watch end"),
    ("[service.api.watch]\ninterval = \"1ms\"", "is shorter than golive can keep"),
    ("[service.api.watch]\non-blind = \"holdd\"", "\"holdd\" is not known here"),
    (
        "[service.b]\nhealth.x.docker = true\nswarm = { service = \"a\", stack = \"b\" }",
        "stands beside `service`",
    ),
    ("[service.b]\nhealth.x.docker = true\nswarm = {}", "does not say which service or stack"),
    ("[service.b]\nhealth.x.docker = true\nswarm = { stack = \"-x\" }", "cannot be the name of a stack"),
    ("[service.b]\nhealth.x.docker = true\nswarm = \"a\"", "cannot be a text"),
    (
        "[service.b]\nhealth.x.docker = true\nswarm = { service = \"a\" }\ncontainer = \"bb\"",
        "is a second runtime",
    ),
    ("[service.api.rollback]\nkeep = 0", "0 is too small"),
    ("[service.api.rollback]\nkeep = -1", "-1 is too small"),
    ("[service.api.rollback]\nkeep = 1.5", "cannot be a fraction"),
    ("[service.api.rollback]\nkeep = 9999999999", "9999999999 is too large"),
    ("[service.api.rollback]\nbefore = []", "is empty"),
    ("[service.api.rollback]\nbefore = [\"\"]", "names no program"),
    ("[service.api.rollback]\nbefore = [\"a\", 1]", "is a number, not a text"),
    ("[service.api.rollback]\nbefore = \"a b\"", "cannot be a text"),
    ("[service.api.trigger]\nhealth = { failures = 0 }", "0 is too small"),
    ("[service.api.trigger]\nhealth = 3", "cannot be a number"),
    ("[service.api.health.x]\ntcp = \"localhost\"", "is not an address"),
    ("[service.api.health.x]\ntcp = \"localhost:0\"", "is not an address"),
    ("[service.api.health.x]\ntcp = \"::1:80\"", "is not an address"),
    ("[service.api.health.x]\ntcp = \"a:70000\"", "is not an address"),
    ("[service.api.health.x]\ntcp = \"a:1\"\nstatus = [200]", "is only for a check by `url`"),
    ("[service.api.health.x]\ntcp = \"a:1\"\ndocker = true", "is a second kind of check"),
    ("[service.api.health.x]\ndocker = false", "is false"),
    ("[service.api.health.x]\ntimeout = \"1s\"", "does not say what to check"),
    ("[service.api.health.x]\nurl = \"localhost:80\"", "is not http or https"),
    ("[service.api.health.x]\nurl = \"/health\"", "is not a URL"),
    ("[service.api.health.x]\nurl = \"http://\"", "is not a URL"),
    ("[service.api.health.x]\nurl = \"http://a/\"\nstatus = [200, 99]", "is not an HTTP status code"),
    ("[service.api.health.x]\nurl = \"http://a/\"\nstatus = []", "is not a list of HTTP status codes"),
    ("[service.api.health.x]\nurl = \"http://a/\"\nmethod = \"get\"", "is not an HTTP method"),
    ("[service.api.health.x]\nurl = \"http://a/\"\nmax-latency = \"3s\"", "is longer than `timeout`"),
    ("[service.api.health.x]\nurl = \"http://a/\"\njson = { \"status\" = 1 }", "is not a JSON pointer"),
    ("[service.api.health.x]\nurl = \"http://a/\"\njson = { \"/a~2\" = 1 }", "is not a JSON pointer"),
    (
        "[service.api.health.x]\nurl = \"http://a/\"\nheaders = { \"a b\" = \"\" }",
        "is not the name of a header",
    ),
    ("[page]\nlisten = \"9797\"", "is not an address with a port"),
    ("[page]\nurl = \"https://a\"", "has no `listen`"),
    ("[page]\nlisten = \"127.0.0.1:1\"\nurl = \"ftp://a\"", "is not http or https"),
    ("[page]\nlisten = \"127.0.0.1:1\"\nurl = \"https://u:p@a\"", "holds a user or a password"),
    ("[host.limits]\ncpu = \"80\"", "is not a ratio"),
    ("[rule.x]\nabove = 1", "does not say what is measured"),
    ("[rule.x]\nquery = \"up\"\nabove = 1", "needs a Prometheus"),
    ("[rule.x]\nmetric = \"m\"\nabove = 1", "needs a service with `metrics`"),
    ("[rule.x]\nmetric = \"m\"\nservice = \"api\"\nabove = 1", "needs a service with `metrics`"),
    ("[rule.x]\nmetric = \"m\"\nservice = \"gone\"\nabove = 1", "there is no service \"gone\""),
    ("[prometheus]\nurl = \"http://a\"\n[rule.x]\nquery = \"up\"", "has no limit"),
    (
        "[prometheus]\nurl = \"http://a\"\n[rule.x]\nquery = \"up\"\nabove = 1\nbelow = 2",
        "is not less than `above`",
    ),
    (
        "[prometheus]\nurl = \"http://a\"\n[rule.host-cpu]\nquery = \"up\"\nabove = 1",
        "is what [host.limits] is called",
    ),
    ("[check.x]", "does not say what to check"),
    ("[check.x]\nevery = \"1s\"\ntcp = \"a:1\"", "is shorter than 5s"),
    ("[check.x]\nevery = \"2d\"\ntcp = \"a:1\"", "is longer than 1d"),
    ("[check.x]\nfor = \"5s\"\ntcp = \"a:1\"", "is shorter than 10s"),
    ("[check.x]\ntier = \"loud\"\ntcp = \"a:1\"", "\"loud\" is not"),
    ("[check.x]\ntcp = \"a:1\"\ncommand = [\"c\"]", "is a second kind of check beside another"),
    ("[check.x]\ntcp = \"a:1\"\nautonomy = \"auto\"", "is not a known key"),
    ("[check.x]\ndocker = true", "does not say whose containers `docker` looks at"),
    ("[check.x]\nlogs = { pattern = \"E\" }", "does not say whose containers `logs` looks at"),
    ("[check.x]\ndocker = true\nservice = \"api\"\ncontainer = \"b2\"", "stands beside `container`"),
    ("[check.x]\ndocker = true\nservice = \"gone\"", "there is no service \"gone\""),
    ("[check.x]\ndocker = true\ncontainer = \"b 2\"", "cannot be a container's name"),
    ("[check.x]\ndocker = false\nservice = \"api\"", "is false, so nothing is checked"),
    ("[check.x]\ntcp = \"a:1\"\nservice = \"api\"", "is only for a check by `docker` or `logs`"),
    ("[check.x]\nquery = \"up\"\nbelow = 1", "needs a Prometheus"),
    (
        "[check.x]\nurl = \"http://a/\"\nload = { rate = 5 }",
        "is asked of a release, and this is watched always",
    ),
    (
        "[check.x]\nurl = \"http://a/\"\nsecure-headers = \"api\"",
        "is asked of a release, and this is watched always",
    ),
    (
        "[check.x]\nurl = \"http://a/\"\ngroup = \"security\"",
        "is asked of a release, and this is watched always",
    ),
    ("[check.host-cpu]\ntcp = \"a:1\"", "is what a limit is called that is watched always"),
    (
        "[prometheus]\nurl = \"http://a\"\n[rule.x]\nquery = \"up\"\nabove = 1\n[check.x]\ntcp = \"a:1\"",
        "is what a limit is called that is watched always",
    ),
    (
        "[service.b]\ncommand = { version = [\"v\"], rollback = [\"r\"] }\nhealth.c.tcp = \"a:1\"\n\
         [check.x]\nlogs = { pattern = \"E\" }\nservice = \"b\"",
        "has no container",
    ),
    (
        "[service.b]\ncommand = { version = [\"v\"], rollback = [\"r\"] }\nhealth.c.logs = { pattern = \"E\" }",
        "looks at a container, and the service has none",
    ),
    ("[service.api.dependency.d]\nlogs = { pattern = \"E\" }", "looks at the service's own container"),
    ("[service.api.health.\"x y\"]\ndocker = true", "is not a name"),
    ("[service.API]\ncontainer = \"b2\"\nhealth.c.docker = true", "is not a name for a service"),
    ("[service.b]\ncontainer = \"b2\"", "has no health check"),
    ("[service.b]\ncontainer = \"b2\"\n[service.b.health]", "has no health check"),
    ("[service.b]\nhealth.c.tcp = \"a:1\"", "does not say what carries it"),
    ("[service.b]\ncontainer = \"b 2\"\nhealth.c.docker = true", "cannot be a container's name"),
    ("[service.b]\ncontainer = \"api\"\nhealth.c.docker = true", "carries the service `api` already"),
    ("[service.b]\ncommand = { version = [\"v\"] }\nhealth.c.tcp = \"a:1\"", "has no `rollback`"),
    (
        "[service.b]\ncommand = { version = [\"v\"], rollback = [\"r\"] }\nhealth.c.docker = true",
        "looks at a container, and the service has none",
    ),
    ("[service.b]\nservice = 1\ncontainer = \"b2\"\nhealth.c.docker = true", "is not a known key"),
    ("[channel.a]", "is neither `email` nor `webhook`"),
    ("[channel.a]\nwebhook = {}", "has no `url`"),
    ("[channel.a]\nwebhook = { url = \"http://a\", url-file = \"credential:a\" }", "is a second address"),
    ("[channel.a]\nwebhook = { url = \"http://a\", format = \"slakc\" }", "\"slakc\" is not a format"),
    ("[channel.a]\nwebhook = { url = \"http://a\", secret = \"x\" }", "is a secret"),
    ("[alert.urgent]\nchannels = [\"a\"]", "there is no channel \"a\""),
    ("[alert.urgnt]\nchannels = [\"a\"]", "is not a known key"),
    ("[people.lead]\nphone = \"1\"", "has no `name`"),
    ("[people.lead]\nname = \"\"", "is empty"),
    ("[people.lead]\nname = \"a\"\nemail = \"a\"", "is not a mail address"),
    ("[people]\nlead = \"a\"", "is a text, not a table"),
    ("[docker]\nsocket = \"tcp://127.0.0.1:2375\"", "is not the path of a socket"),
    ("[state]\nkeep = \"200000d\"", "is longer than a hundred years"),
];
