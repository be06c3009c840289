use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use super::*;
use crate::config::{EmailChannel, Login, LoginKind, Secret, Smtp, SmtpTls};
use crate::notify::Receipt;

mod dialogues;
mod smarthosts;
mod thread;

/// A real SMTP server in a process of its own.
struct Server {
    dir: tempfile::TempDir,
    port: u16,
    child: Child,
    /// The server ends with it, even when the test is killed.
    _input: ChildStdin,
}

impl Server {
    fn start(mode: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        if matches!(mode, "starttls" | "implicit" | "login" | "xoauth2") {
            certificate(dir.path());
        }
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/smtpd.py");
        let mut child = Command::new("/usr/bin/python3")
            .args([script, dir.path().to_str().unwrap(), mode])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse().expect("python3-aiosmtpd is installed");
        let input = child.stdin.take().unwrap();
        Self { dir, port, child, _input: input }
    }

    fn place(&self, tls: SmtpTls) -> Smtp {
        Smtp { host: "localhost".to_owned(), port: self.port, tls }
    }

    fn channel(&self, tls: SmtpTls) -> EmailChannel {
        EmailChannel {
            to: vec!["Ann <ann@example.com>".to_owned()],
            from: "golive <golive@example.com>".to_owned(),
            smtp: vec![self.place(tls)],
            login: None,
            one_subject: false,
            hello: None,
            ca_file: None,
        }
    }

    fn with_login(&self, tls: SmtpTls, password: &str) -> EmailChannel {
        let file = self.dir.path().join("password");
        std::fs::write(&file, format!("{password}\n")).unwrap();
        EmailChannel {
            login: Some(Login {
                username: "golive".to_owned(),
                secret: Secret::File(file),
                kind: LoginKind::Password,
            }),
            ca_file: Some(self.dir.path().join("cert.pem")),
            ..self.channel(tls)
        }
    }

    fn mails(&self) -> Vec<String> {
        let mails = std::fs::read_dir(self.dir.path()).unwrap().map(|file| file.unwrap().path());
        let mut mails: Vec<PathBuf> =
            mails.filter(|path| path.extension().is_some_and(|it| it == "eml")).collect();
        mails.sort();
        mails.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn certificate(dir: &Path) {
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
        ])
        .args(["-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"])
        .current_dir(dir)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

async fn tell(channel: EmailChannel, notice: &Notice) -> Result<Receipt, Refusal> {
    let to = channel.to[0].clone();
    notifier(Way::Email(channel)).deliver("it", &to, &Envelope::first(notice, now())).await
}

/// A mail as Python's own parser reads it: headers, then each part's type and text.
fn parsed(mail: &str) -> serde_json::Value {
    const READ: &str = "import email, email.policy, json, sys\n\
        mail = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)\n\
        parts = {part.get_content_type(): part.get_content() for part in mail.walk() if part.get_content_maintype() == 'text'}\n\
        print(json.dumps({'names': mail.keys(), 'headers': {k: str(v) for k, v in mail.items()}, 'parts': parts}))";
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), mail).unwrap();
    let python = Command::new("/usr/bin/python3").args(["-c", READ]).stdin(file.reopen().unwrap()).output();
    serde_json::from_slice(&python.unwrap().stdout).unwrap()
}

#[tokio::test]
async fn a_mail_arrives_whole_and_threaded() {
    let server = Server::start("plain");
    let receipt = tell(server.channel(SmtpTls::Plain), &notice()).await.unwrap();
    assert_eq!(receipt.answer, "250 2.0.0 taken");
    let mail = parsed(&server.mails()[0]);
    let header = |name: &str| mail["headers"][name].as_str().unwrap_or_default().to_owned();
    assert_eq!(header("X-Envelope"), "golive@example.com -> ann@example.com tls=False");
    assert!(
        header("Subject").starts_with("[URGENT] web: rolling back 1.4.2 -> 1.4.1 (health check \"http\"")
    );
    assert_eq!(header("Message-ID"), "<web-1.2@host-1>");
    assert_eq!(header("In-Reply-To"), "<web-1.1@host-1>");
    assert_eq!(header("References"), "<web-1.1@host-1>");
    assert_eq!(header("Auto-Submitted"), "auto-generated");
    assert_eq!(header("Importance"), "high");
    assert_eq!(header("To"), "Ann <ann@example.com>");
    assert_eq!(header("Date"), "Sun, 01 Mar 2026 10:00:00 +0000");
    let (text, html) = (mail["parts"]["text/plain"].as_str(), mail["parts"]["text/html"].as_str());
    let (text, html) = (text.unwrap(), html.unwrap());
    for wanted in ["on-call: Ann +44 1", "golive ack web-1", "golive explain", "https://wiki.example.com/web"]
    {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    assert!(text.contains("<script>"), "plain text needs no escaping");
    assert!(!html.contains("<script>") && html.contains("&lt;script&gt;"), "{html}");

    let first = Notice { id: "web-1.1".to_owned(), tier: Tier::General, ..notice() };
    tell(server.channel(SmtpTls::Plain), &first).await.unwrap();
    let first = parsed(&server.mails()[1]);
    assert_eq!(first["headers"]["Message-ID"], "<web-1.1@host-1>");
    assert_eq!(first["headers"]["In-Reply-To"], serde_json::Value::Null, "the first begins the thread");
}

#[tokio::test]
async fn nothing_in_a_notice_becomes_a_header() {
    let server = Server::start("plain");
    let hostile = || Some(HOSTILE.to_owned());
    let notice = Notice {
        id: HOSTILE.to_owned(),
        incident: HOSTILE.to_owned(),
        service: hostile(),
        release: hostile(),
        from: hostile(),
        to: hostile(),
        ..notice()
    };
    tell(server.channel(SmtpTls::Plain), &notice).await.unwrap();
    let mail = parsed(&server.mails()[0]);
    let names: Vec<&str> = mail["names"].as_array().unwrap().iter().filter_map(|it| it.as_str()).collect();
    assert!(!names.contains(&"Bcc"), "{names:?}");
    assert_eq!(names.iter().filter(|name| **name == "Subject").count(), 1);
    let subject = mail["headers"]["Subject"].as_str().unwrap();
    assert!(subject.contains("Bcc: eve") && !subject.contains(['\r', '\n', '\u{202e}']), "{subject:?}");
    let (text, html) = (mail["parts"]["text/plain"].as_str(), mail["parts"]["text/html"].as_str());
    assert!(!html.unwrap().contains("<script>"));
    assert!(!text.unwrap().lines().any(|line| line.starts_with("Bcc:")), "{text:?}");
    assert!(!text.unwrap().contains('\u{202e}'), "{text:?}");
}

#[tokio::test]
async fn mail_goes_over_tls_with_a_login() {
    for (mode, tls) in [("starttls", SmtpTls::StartTls), ("implicit", SmtpTls::Implicit)] {
        let server = Server::start(mode);
        let channel = server.with_login(tls, "right");
        let reached = notifier(Way::Email(channel.clone())).reach("it").await.unwrap();
        assert_eq!(reached.answer, format!("localhost:{} accepts the login", server.port));
        assert_eq!(server.mails().len(), 0, "{mode}: reaching sends nothing");
        tell(channel, &notice()).await.unwrap();
        assert!(server.mails()[0].contains("tls=True") || mode == "implicit", "{mode}");

        let wrong = server.with_login(tls, "wrong-s3cret");
        let refusal = tell(wrong.clone(), &notice()).await.unwrap_err();
        assert_eq!(later(&refusal), None, "{mode}: an administrator can mend a password");
        assert!(
            refusal.text.contains("535") || refusal.text.to_lowercase().contains("auth"),
            "{}",
            refusal.text
        );
        assert!(!refusal.text.contains("s3cret"), "{}", refusal.text);
        let refusal = notifier(Way::Email(wrong)).reach("it").await.unwrap_err();
        assert_eq!(later(&refusal), None);

        let untrusted = EmailChannel { ca_file: None, ..server.with_login(tls, "right") };
        let refusal = tell(untrusted, &notice()).await.unwrap_err();
        assert!(refusal.text.to_lowercase().contains("certificate"), "{mode}: {}", refusal.text);
        assert_eq!(server.mails().len(), 1, "{mode}");
    }
}

#[tokio::test]
async fn without_starttls_nothing_is_handed_over() {
    let server = Server::start("plain");
    let refusal = tell(server.channel(SmtpTls::StartTls), &notice()).await.unwrap_err();
    assert_eq!(later(&refusal), None);
    assert!(refusal.text.to_lowercase().contains("starttls"), "{}", refusal.text);
    assert_eq!(server.mails().len(), 0);
}

#[tokio::test]
async fn the_answer_decides_whether_to_try_again() {
    let busy = Server::start("busy");
    let refusal = tell(busy.channel(SmtpTls::Plain), &notice()).await.unwrap_err();
    assert_eq!(later(&refusal), None);
    assert!(refusal.text.contains("451") && refusal.text.contains("try again later"), "{}", refusal.text);
    let unknown = Server::start("unknown");
    let refusal = tell(unknown.channel(SmtpTls::Plain), &notice()).await.unwrap_err();
    assert_eq!(refusal.retry, Retry::Never);
    assert!(refusal.text.contains("550") && refusal.text.contains("no such user"), "{}", refusal.text);
    assert!(
        refusal.text.starts_with("hand mail for Ann <ann@example.com> over at localhost:"),
        "{}",
        refusal.text
    );
}

#[tokio::test]
async fn nobody_there_is_tried_again() {
    let server = Server::start("plain");
    let channel = server.channel(SmtpTls::Plain);
    drop(server);
    let refusal = tell(channel, &notice()).await.unwrap_err();
    assert_eq!(later(&refusal), None);
    assert!(refusal.text.contains("refused"), "{}", refusal.text);
}
