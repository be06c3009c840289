//! What a check looks at, whoever uses it: a health check, one of a dependency.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::Prometheus;
use crate::model::policy::Ppm;

/// One health check.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// It fails when it takes longer.
    pub timeout: Duration,
    /// What is checked.
    pub kind: CheckKind,
}

/// What a health check does.
#[derive(Debug, Clone, PartialEq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum CheckKind {
    /// An HTTP request.
    #[strum(serialize = "url")]
    Http(HttpCheck),
    /// A TCP connection can be opened to `host:port`.
    Tcp {
        /// `host:port`
        address: String,
    },
    /// A command exits 0.
    Command {
        /// The program and its arguments; no shell.
        argv: Vec<String>,
    },
    /// The certificates of a server that speaks TLS are good, and for long enough.
    Tls(TlsCheck),
    /// A file was written not long ago.
    FileAge(FileAge),
    /// A query gives a number on the right side of its limits.
    Query(Box<QueryCheck>),
    /// A Prometheus scrapes, has its rules and is calm.
    Prometheus(Box<PrometheusCheck>),
    /// What a tool of the build has written is good enough.
    Report(Report),
    /// A service's containers have not written too many lines of a kind.
    Logs(LogsCheck),
    /// The container runs, is not restarting, was not killed for memory, and its HEALTHCHECK does not say unhealthy.
    Docker,
}

/// An HTTP health check.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpCheck {
    /// Where.
    pub url: String,
    /// `GET` unless said otherwise.
    pub method: String,
    /// Sent with the request.
    pub send_headers: BTreeMap<String, String>,
    /// The answer's status must be one of these.
    pub status: Vec<u16>,
    /// The answer's body must contain this.
    pub body_contains: Option<String>,
    /// What the answer's headers must be, by their names in small letters.
    pub headers: BTreeMap<String, Wanted>,
    /// JSON pointer to the value it must have.
    pub json: BTreeMap<String, serde_json::Value>,
    /// The answer must be complete within this.
    pub max_latency: Option<Duration>,
    /// A PEM file of the authorities that its certificate may come from, or of that certificate, instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// Whether one connection serves look after look; unless said, it does where one process answers, and not in a Swarm,
    /// whose mesh sends each connection to another task.
    pub keep_alive: Option<bool>,
}

/// What is wanted of a header of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// It is there.
    Present,
    /// It is not there.
    Absent,
    /// It is just this.
    Equal(String),
}

/// A check of the certificates that a server shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsCheck {
    /// `host:port`
    pub address: String,
    /// The name that is asked for and that the certificate must have; the host of the address unless said otherwise.
    pub name: Option<String>,
    /// Every certificate that the server shows is good for at least so many days.
    pub days: u32,
    /// The oldest version of TLS that may be agreed on.
    pub min: TlsVersion,
    /// A PEM file of the authorities that its certificate may come from, or of that certificate, instead of the system's.
    pub ca_file: Option<PathBuf>,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// 1.2
    V12,
    /// 1.3
    V13,
}

/// A check of when a file was written last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileAge {
    /// The file; of a directory, the newest file in it.
    pub path: PathBuf,
    /// It was written within this.
    pub below: Duration,
}

/// A check of a file that a tool of the build has written: a test runner, a scanner, a coverage tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The file.
    pub path: PathBuf,
    /// Its format, and what is asked of it.
    pub wanted: Reported,
}

/// What is asked of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reported {
    /// `JUnit`'s XML: of the tests that were run, at least this part has passed.
    Junit {
        /// The part.
        pass_rate: Ppm,
    },
    /// SARIF 2.1.0: there is no finding of this severity or a higher one.
    Sarif {
        /// The severity.
        none_of: Severity,
    },
    /// LCOV's tracefile: at least this part of the lines is covered.
    Lcov {
        /// The part.
        lines: Ppm,
    },
    /// Cobertura's XML: at least this part of the lines is covered.
    Cobertura {
        /// The part.
        lines: Ppm,
    },
}

/// How bad a finding is. The bounds are those of CVSS 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Severity {
    /// Below 4.0.
    Low,
    /// 4.0 and more.
    Medium,
    /// 7.0 and more.
    High,
    /// 9.0 and more.
    Critical,
}

/// A check of what containers write to their logs.
#[derive(Debug, Clone, PartialEq)]
pub struct LogsCheck {
    /// The lines that are counted.
    pub pattern: Pattern,
    /// More of them fail.
    pub above: u32,
    /// So far back they are counted.
    pub over: Duration,
}

/// A regular expression, which is looked for in lines in linear time.
#[derive(Debug, Clone)]
pub struct Pattern(regex::bytes::Regex);

/// What an expression may take as a program, and what is remembered in looking for it, in bytes.
const PATTERN_MAX: usize = 1 << 20;

impl Pattern {
    /// Why it is none.
    pub fn new(pattern: &str) -> Result<Self, String> {
        let built = regex::bytes::RegexBuilder::new(pattern)
            .size_limit(PATTERN_MAX)
            .dfa_size_limit(PATTERN_MAX)
            .build();
        built.map(Self).map_err(|error| {
            if let regex::Error::CompiledTooBig(_) = error {
                return "is too large a pattern".to_owned();
            }
            // The first lines draw the place in the pattern.
            let said = error.to_string();
            let last = said.lines().last().unwrap_or_default();
            format!("is no regular expression: {}", last.trim_start_matches("error: "))
        })
    }

    /// Whether a line has it.
    pub fn is_in(&self, line: &[u8]) -> bool {
        self.0.is_match(line)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

/// A check by a query.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryCheck {
    /// The name of the Prometheus, empty for that of `[prometheus]` itself.
    pub name: String,
    /// Who is asked.
    pub server: Prometheus,
    /// What is asked: one number.
    pub query: String,
    /// It fails above this.
    pub above: Option<f64>,
    /// It fails below this.
    pub below: Option<f64>,
}

/// A check of a Prometheus itself.
#[derive(Debug, Clone, PartialEq)]
pub struct PrometheusCheck {
    /// The name of the Prometheus, empty for that of `[prometheus]` itself.
    pub name: String,
    /// Who is asked.
    pub server: Prometheus,
    /// It scrapes every target of this job, and at least one.
    pub targets: Option<String>,
    /// It has alerting rules of these names, and can evaluate them.
    pub rules: Vec<String>,
    /// No more alerts than so many are firing.
    pub firing: Option<u32>,
}
