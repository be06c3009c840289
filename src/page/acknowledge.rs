//! A link from an alert: it shows what it would do, and does it once a person says so. Programs that only look at
//! links, as chat clients do, change nothing.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

use super::{Ask, Shared};
use crate::model::incident::{Incident, IncidentState};
use crate::model::refusal::Refusal;
use crate::ticket::{Refused, Ticket};

/// What a link holds.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    incident: String,
    #[serde(default)]
    until: i64,
    #[serde(default)]
    sign: String,
}

/// How a link is answered.
enum Answer {
    /// The question, with the incident.
    Question(Box<Incident>),
    /// A sentence of the page's, with what it is about.
    Said(StatusCode, &'static str, String),
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Query(asked): Query<Asked>) -> Response {
    let ticket = asked.ticket();
    let answer = shared.look(&ticket);
    shared.answer(&ticket, answer)
}

pub(super) async fn take(State(shared): State<Arc<Shared>>, Query(asked): Query<Asked>) -> Response {
    let ticket = asked.ticket();
    let _one = shared.acknowledging.lock().await;
    let answer = match shared.look(&ticket) {
        Answer::Question(_) => shared.take_on(&ticket).await,
        said @ Answer::Said(..) => said,
    };
    shared.answer(&ticket, answer)
}

impl Asked {
    fn ticket(self) -> Ticket {
        Ticket { incident: self.incident, until: self.until, sign: self.sign }
    }
}

impl Shared {
    /// Whether the link is good for something now.
    fn look(&self, ticket: &Ticket) -> Answer {
        let Some(tickets) = &self.stage.tickets else {
            return Answer::Said(StatusCode::NOT_FOUND, "ack-foreign", String::new());
        };
        let incident = || ticket.incident.clone();
        match tickets.check(ticket, self.stage.clock.now()) {
            Ok(()) => {}
            Err(Refused::Foreign) => {
                return Answer::Said(StatusCode::FORBIDDEN, "ack-foreign", String::new());
            }
            Err(Refused::Late) => return Answer::Said(StatusCode::GONE, "ack-late", incident()),
            Err(Refused::Used) => return Answer::Said(StatusCode::GONE, "ack-used", String::new()),
        }
        let view = Arc::clone(&self.stage.views.borrow());
        let Some(incident) = view.incidents.iter().find(|one| one.id == ticket.incident) else {
            return Answer::Said(StatusCode::OK, "ack-over", String::new());
        };
        match incident.standing() {
            IncidentState::Open => Answer::Question(Box::new(incident.clone())),
            IncidentState::Acknowledged { by } => Answer::Said(StatusCode::OK, "ack-taken", by.clone()),
            IncidentState::Resolved => Answer::Said(StatusCode::OK, "ack-over", String::new()),
        }
    }

    async fn take_on(&self, ticket: &Ticket) -> Answer {
        tracing::info!(incident = ticket.incident, by = "link", "acknowledged");
        let asked = self.stage.ask(|reply| Ask::Acknowledge { ticket: ticket.clone(), reply }).await;
        match asked.unwrap_or(Err(Refusal::NotUnderstood)) {
            Ok(()) => Answer::Said(StatusCode::OK, "ack-done", String::new()),
            Err(why) => {
                let why = self.stage.texts.refusal(&why);
                tracing::warn!(incident = ticket.incident, "failed to acknowledge by a link: {why}");
                Answer::Said(StatusCode::SERVICE_UNAVAILABLE, "ack-failed", ticket.incident.clone())
            }
        }
    }

    fn answer(&self, ticket: &Ticket, answer: Answer) -> Response {
        let (status, question, said) = match answer {
            Answer::Question(incident) => (StatusCode::OK, Some(incident), None),
            Answer::Said(status, name, about) => (status, None, Some((name, about))),
        };
        let link = ticket.link("").trim_start_matches('/').to_owned();
        let html = self.drawing.acknowledge(&self.stage, question.as_deref(), said, &link);
        (status, Html(html)).into_response()
    }
}
