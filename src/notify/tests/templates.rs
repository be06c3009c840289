use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::*;
use crate::config::mistakes::Place as Written;
use crate::config::{self, Config, Template, WebhookChannel, WebhookFormat};
use crate::model::witness::Witness;
use crate::notify::message::{Message, SectionKind};
use crate::notify::template;
use crate::notify::{Context, UNWITNESSED, check_templates, email, format};
use crate::text::Texts;

fn template(text: &str) -> Template {
    Template { file: "/etc/golive/words.j2".to_owned(), text: text.to_owned() }
}

fn with<T>(language: Language, templates: &Templates, doing: impl FnOnce(Context<'_>) -> T) -> T {
    let texts = Texts::new(language, Some(TimeZone::UTC));
    doing(Context {
        texts: &texts,
        templates: Some(templates),
        people: &[],
        runbook: Some("https://wiki.example.com/web"),
        acknowledge: Some("https://golive.example.com/ack".to_owned()),
        host: "host-1",
        own_name: None,
        thread: None,
        curve: None,
        patience: PATIENCE,
        picture: None,
        with: &[],
        witnesses: &UNWITNESSED,
        now: now(),
        wall: now(),
    })
}

fn message(templates: &Templates) -> Message {
    with(Language::English, templates, |context| template::message(&notice(), &context))
}

fn body(text: &str) -> Templates {
    Templates { subject: None, body: Some(template(text)) }
}

/// What a channel posts.
fn posted(templates: &Templates, format: WebhookFormat) -> String {
    let url = config::Url::Open("https://x.example/a".to_owned());
    let channel = WebhookChannel { format, url, mention: false, access: config::Access::default() };
    with(Language::English, templates, |context| {
        format::write(&channel, &template::message(&notice(), &context), &notice(), &context)
    })
    .unwrap()
    .post
    .body
}

#[test]
fn a_letter_is_in_the_operators_words() {
    let templates = Templates {
        subject: Some(template("{{ tier }}\n{{ event }} {{ service }}")),
        body: Some(template(
            "\n{{ from }} -> {{ to }} on {{ host }}\n\n{% for part in parts %}\n{{ part.heading }}\n{% endfor %}\n\
             {{ acknowledge }} {{ link }} {{ runbook }} {{ late }}{{ people }}{{ nobody.knows.it }}",
        )),
    };
    let message = message(&templates);
    assert_eq!((message.subject.as_str(), &message.title), ("urgent rollback-started web", &message.subject));
    let plain = message.plain();
    assert!(plain.starts_with("1.4.2 -> 1.4.1 on host-1\n\nWhy\nNext\n"), "{plain}");
    let command = "golive ack web-1 https://golive.example.com/ack https://wiki.example.com/web []\n";
    assert!(plain.contains(command), "{plain}");
    assert!(plain.ends_with("Acknowledge by link: https://golive.example.com/ack\n"), "{plain}");
}

/// No notice is lost in a message that tells several.
#[test]
fn what_else_the_message_tells_stays_below() {
    let others = [Notice { service: Some("basket".to_owned()), ..notice() }];
    let told = with(Language::English, &body("short"), |context| {
        template::message(&notice(), &Context { with: &others, ..context }).plain()
    });
    assert!(told.starts_with("short\n") && told.contains("[URGENT] basket: rolling back"), "{told}");
}

#[test]
fn its_words_do_nothing_where_they_are_shown() {
    let templates = body("<!channel> {{ reason }}\n\u{1b}[31m<b>x</b>");
    let notice = notice();
    let html = with(Language::English, &templates, |context| email::page(&notice, &context));
    let shown = "&lt;!channel&gt; health check";
    assert!(html.contains(shown) && html.contains("<br> [31m&lt;b&gt;x&lt;&#x2f;b&gt;"), "{html}");
    assert!(!html.contains("<script>") && !html.contains("<!channel>") && !html.contains('\u{1b}'), "{html}");
    let slack = posted(&templates, WebhookFormat::Slack);
    assert!(slack.contains(shown) && slack.contains("[31m&lt;b&gt;x&lt;/b&gt;"), "{slack}");
    assert!(!slack.contains("<script>") && !slack.contains("<!channel>"), "{slack}");
    let standard = posted(&templates, WebhookFormat::Standard { secret: None });
    let standard: serde_json::Value = serde_json::from_str(&standard).unwrap();
    assert!(standard["data"]["text"].as_str().unwrap().starts_with("<!channel> health check"), "{standard}");
}

/// Loops for ever, as far as anybody can wait for it.
const ENDLESS: &str = "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}x";

#[test]
fn where_one_fails_golives_own_words_are_told_and_that() {
    let own = message(&Templates::default());
    let much = "{% for a in range(9999) %}much{% endfor %}";
    for (text, why) in [
        (ENDLESS, "words.j2:1: takes too many steps"),
        ("line\n{% if %}", "words.j2:2: syntax error"),
        ("\n {{ late }}\u{202e}\n", "words.j2: gives nothing"),
        (much, "words.j2: gives more than 16 KiB"),
        ("{{ reason | no_filter }}", "words.j2:1: unknown filter"),
    ] {
        for templates in [body(text), Templates { subject: Some(template(text)), body: Some(template("x")) }]
        {
            let told = message(&templates);
            assert_eq!((&told.subject, &told.title), (&own.subject, &own.title), "{text}");
            let (failed, rest) = told.parts.split_last().unwrap();
            assert_eq!((failed.what, rest), (SectionKind::Template, own.parts.as_slice()), "{text}");
            let line = failed.lines.concat();
            assert!(line.contains("template failed: /etc/golive/") && line.contains(why), "{text}: {line}");
        }
    }
    let chinese =
        with(Language::Chinese, &body(ENDLESS), |context| template::message(&notice(), &context).plain());
    assert!(chinese.contains("模板出错：/etc/golive/words.j2:1"), "{chinese}");
    let slack = posted(&body(ENDLESS), WebhookFormat::Slack);
    assert!(slack.contains("template failed") && slack.contains("rolling back"), "{slack}");
}

/// Nothing in a template takes the process with it: what would be compiled by deep recursion is refused before.
#[test]
fn no_template_overflows_the_stack() {
    let many = |text: &str| text.repeat(60_000 / text.len());
    for text in [
        format!("{{{{ 1{} }}}}", many("+1")),
        format!("{{{{ a{} }}}}", many(".a")),
        format!("{{{{ a{} }}}}", many("|e")),
        format!("{{{{ {}1 }}}}", many("-")),
        format!("{{{{ {}1 }}}}", many("not ")),
        format!("{{{{ 1{} }}}}", many("**1")),
        format!("{{{{ 1{} }}}}", many(" if 1 else 1")),
        format!("{{{{ '}}}}' ~ 1{} }}}}", many("~1")),
        format!("{{{{ {}{} }}}}", "(".repeat(30_000), ")".repeat(30_000)),
        format!("{{{{ {}{} }}}}", "[".repeat(30_000), "]".repeat(30_000)),
        format!("{{% if 1 %}}{}{{% endif %}}", "{% elif 1 %}".repeat(5_000)),
        format!("{}{}", "{% if 1 %}".repeat(3_000), "{% endif %}".repeat(3_000)),
        format!("{{{{ 1{}", many("+1")),
    ] {
        let told = message(&body(&text));
        assert!(told.parts.iter().any(|part| part.what == SectionKind::Template), "{}", &text[..40]);
    }
    assert!(!checked("{{ title }}", &format!("{{{{ 1{} }}}}", many("+1"))).is_empty());
    // As much as is allowed is compiled on a thread's own stack of 2 MiB.
    let most = [
        format!("{{{{ 1{} }}}}", "+1".repeat(480)),
        format!("{{{{ {}1 }}}}", "-".repeat(980)),
        format!("{{% if 0 %}}{}{{% else %}}x{{% endif %}}", "{% elif 0 %}".repeat(490)),
    ];
    for text in most {
        let told = message(&body(&text));
        assert!(
            told.parts.iter().any(|part| part.what == SectionKind::Body),
            "{}: {:?}",
            &text[..40],
            told.parts
        );
    }
}

/// Each mistake as `file:line: message`.
fn checked(subject: &str, body: &str) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let mut rules = String::new();
    for name in ["one", "two"] {
        write!(rules, "[channel.{name}]\nwebhook = {{ url = \"http://a/\" }}\n").unwrap();
        rules.push_str("template = { subject-file = \"s.j2\", body-file = \"b.j2\" }\n");
    }
    for (name, text) in [("rules.toml", rules.as_str()), ("s.j2", subject), ("b.j2", body)] {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    let config = Config::load(&dir.path().join("rules.toml")).unwrap();
    let place = |place: &Written| match place {
        Written::Text { file, line, .. } => format!("{}:{line}", file.rsplit('/').next().unwrap()),
        Written::File(_) | Written::Variable(_) | Written::Nowhere => panic!("{place}"),
    };
    let mistakes = check_templates(&config);
    mistakes.iter().map(|mistake| format!("{}: {}", place(&mistake.place), mistake.message)).collect()
}

#[test]
fn every_mistake_is_found_before_it_is_told_to_anybody() {
    let all = "{% for part in parts %}{{ loop.index }} {{ part.heading }} {{ part.lines | join }}{% endfor %}\
               {{ tier }}{{ event }}{{ service }}{{ title }}{{ subject }}{{ from }}{{ to }}{{ reason }}{{ late }}\
               {{ when }}{{ host }}{{ incident }}{{ release }}{{ acknowledge }}{{ link }}{{ runbook }}\
               {% set a = people | length %}{{ a }}{% for n in range(3) %}{{ n }}{% endfor %}";
    assert_eq!(checked("{{ title }}", all), [""; 0]);
    // Some mistakes are where no sample comes by.
    let body = "servce is told\n{{ servce }}\n{% if tier == \"never\" %}{{ nothing }}{% endif %}\n\
                {% for part in parts %}\n{{ part.headng }}\n{% endfor %}\n";
    let found = [
        "s.j2:1: gives nothing",
        "b.j2:2: `servce` is nothing that golive fills in",
        "b.j2:3: `nothing` is nothing that golive fills in",
    ];
    assert_eq!(checked("{{ reason }}", body), found);
    let all_lines = checked("{{ title }}", &body.replace("servce", "service"));
    assert_eq!(all_lines, [found[2], "b.j2:5: undefined value"]);
    let fine = body.replace("servce", "service").replace("nothing", "title");
    assert_eq!(checked("{{ title }}", &fine), ["b.j2:5: undefined value"]);
    let endless = checked(ENDLESS, "fine\n{% endif %}");
    assert!(endless[0].starts_with("s.j2:1: takes too many steps"), "{endless:?}");
    assert!(endless[1].starts_with("b.j2:2: syntax error"), "{endless:?}");
    assert_eq!(endless.len(), 2, "{endless:?}");
}

/// A template that fails is told of once a message, however the platform wants it.
#[tokio::test]
async fn a_failing_template_is_rendered_once_a_message() {
    use crate::config::Secret;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "1:abcdefghijklmnopqrstuvwxyzabcdefghi").unwrap();
    let token = || Secret::File(file.path().to_owned());
    let moved = r#"{"ok": false, "error_code": 400, "parameters": {"migrate_to_chat_id": -1009}}"#;
    let telegram = || WebhookFormat::Telegram { chat: "-5".to_owned(), topic: None, token: token() };
    for (format, answer) in [
        (WebhookFormat::Standard { secret: None }, "ok"),
        (WebhookFormat::Slack, "ok"),
        (WebhookFormat::Alertmanager { token: None }, "ok"),
        (telegram(), r#"{"ok": true, "result": {"message_id": 1}}"#),
        (telegram(), moved),
    ] {
        let server = wiremock::MockServer::start().await;
        let status = if answer == moved { 400 } else { 200 };
        let answer = wiremock::ResponseTemplate::new(status).set_body_string(answer);
        wiremock::Mock::given(wiremock::matchers::any()).respond_with(answer).mount(&server).await;
        let what = format!("{format:?}");
        let way = Way::Webhook(WebhookChannel {
            format,
            url: config::Url::Open(server.uri()),
            mention: false,
            access: config::Access::default(),
        });
        let mut notifier = notifier(way);
        notifier.channels.values_mut().for_each(|channel| channel.templates = body("{% if %}"));
        let log = tempfile::NamedTempFile::new().unwrap();
        let writer = std::sync::Mutex::new(log.reopen().unwrap());
        let subscriber = tracing_subscriber::fmt().with_writer(writer).finish();
        let guard = tracing::subscriber::set_default(subscriber);
        drop(notifier.deliver("it", "", &Envelope::first(&notice(), now())).await);
        drop(guard);
        let log = std::fs::read_to_string(log.path()).unwrap();
        assert_eq!(log.matches("a template failed").count(), 1, "{what}: {log}");
    }
}

/// Whatever words a channel has, whoever has the message can vouch for the record.
#[test]
fn a_message_ends_with_its_entry_in_the_record() {
    let witness = Witness { seq: 17, hash: "8c1e6f0a2b3c4d5e".repeat(4) };
    let (mine, other) = (notice(), Notice { id: "other".to_owned(), ..notice() });
    let witnesses = [&mine, &other].map(|notice| (notice.id.clone(), witness.clone()));
    let witnesses = BTreeMap::from(witnesses);
    for (language, told) in [
        (Language::English, "Record #17 8c1e6f0a2b3c4d5e…"),
        (Language::Chinese, "记录 #17 8c1e6f0a2b3c4d5e…"),
    ] {
        for templates in [&Templates::default(), &body("{{ service }} it is")] {
            let with_other = [other.clone()];
            let plain = with(language, templates, |context| {
                let context = Context { witnesses: &witnesses, with: &with_other, ..context };
                template::message(&mine, &context).plain()
            });
            assert!(plain.trim_end().ends_with(told), "{plain}");
            assert!(plain.contains(&format!("[{told}]")), "a notice in a list has its own: {plain}");
        }
    }
    let plain = message(&Templates::default()).plain();
    assert!(!plain.contains("Record #"), "{plain}");
}
