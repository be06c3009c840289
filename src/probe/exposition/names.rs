//! How the usual client libraries name what golive wants to know.

/// Requests by status: names of counters, the more telling ones first.
pub(crate) const REQUESTS: [&str; 9] = [
    "http_requests_total",
    "http_server_requests_total",
    "http_server_requests_seconds_count",
    "http_server_request_duration_seconds_count",
    "http_request_duration_seconds_count",
    "http_requests_received_total",
    "starlette_requests_total",
    "flask_http_request_total",
    "requests_total",
];

/// Names of the label that holds the status.
pub(crate) const STATUS: [&str; 6] =
    ["code", "status", "status_code", "http_status_code", "http_response_status_code", "http_status"];

/// Requests by duration: names of histograms, in seconds.
pub(crate) const DURATIONS: [&str; 5] = [
    "http_request_duration_seconds",
    "http_server_request_duration_seconds",
    "http_server_requests_seconds",
    "http_requests_duration_seconds",
    "flask_http_request_duration_seconds",
];

/// When the process began, in seconds since 1970; all usual libraries give it.
pub(super) const START: &str = "process_start_time_seconds";

/// Whether a status is an error: `503`, or `5xx` where a library gives classes.
pub(super) fn is_error(status: &str) -> bool {
    let status = status.trim();
    status.len() == 3
        && status.starts_with('5')
        && status[1..].chars().all(|c| c.is_ascii_digit() || matches!(c, 'x' | 'X'))
}
