//! Mail: one transaction per recipient, threaded by incident, text and HTML with a picture.

use lettre::Address;
use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};

use super::message::Message;
use super::{Context, Receipt, Refusal, smtp};
use crate::config::EmailChannel;
use crate::model::notice::{Notice, Tier};
use crate::notify::template;

mod headers;
mod html;

use headers::{AutoSubmitted, Importance, ListId, Priority, Raw, ThreadTopic};

/// What HTML calls the picture.
const PICTURE: &str = "chart";

/// Where an incident's first mail to an address stands: its id, and the subject without a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Thread {
    root: String,
    subject: String,
}

pub(super) async fn send(
    channel: &EmailChannel,
    address: &str,
    notice: &Notice,
    context: &Context<'_>,
) -> Result<Receipt, Refusal> {
    let message = template::message(notice, context);
    let own = Thread { root: id_of(&notice.id, context), subject: message.subject.clone() };
    let known = context.thread.and_then(Thread::read);
    let mail = compose(channel, address, notice, context, &message, known.as_ref().unwrap_or(&own))
        .map_err(|error| Refusal::never(format!("write a mail to {address}: {error}")))?;
    let doing = format!("hand mail for {address} over");
    let post = smtp::Post { channel, own_name: context.own_name, patience: context.patience };
    let answer = smtp::hand_over(post, mail.envelope(), &mail.formatted(), &doing).await?;
    Ok(Receipt { answer, thread: known.is_none().then(|| own.write()) })
}

/// A notice as it looks in a mail program.
#[cfg(test)]
pub(super) fn page(notice: &Notice, context: &Context<'_>) -> String {
    html::draw(&template::message(notice, context), notice, PICTURE)
}

/// Connects, greets, starts TLS and logs in, and sends nothing.
pub(super) async fn log_in(post: smtp::Post<'_>) -> Result<Receipt, Refusal> {
    smtp::log_in(post).await.map(Receipt::new)
}

fn compose(
    channel: &EmailChannel,
    address: &str,
    notice: &Notice,
    context: &Context<'_>,
    message: &Message,
    thread: &Thread,
) -> Result<lettre::Message, Box<dyn std::error::Error + Send + Sync>> {
    let host = context.host;
    let id = id_of(&notice.id, context);
    // Where no first mail is known, one was perhaps sent all the same; ids can be foretold.
    let usual = id_of(&format!("{}.1", notice.incident), context);
    let root = if context.thread.is_some() { &thread.root } else { &usual };
    let (from, to) = (mailbox(&channel.from)?, mailbox(address)?);
    let (importance, priority) = match notice.tier {
        Tier::Urgent => ("high", "1 (Highest)"),
        Tier::Important => ("normal", "3 (Normal)"),
        Tier::General => ("low", "5 (Lowest)"),
    };
    let again = channel.one_subject && *root != id && context.thread.is_some();
    let subject = if again { format!("Re: {}", thread.subject) } else { message.subject.clone() };
    let mut builder = lettre::Message::builder()
        .from(from)
        .to(to)
        .subject(subject)
        .date(context.now.into())
        .message_id(Some(id.clone()))
        .header(Raw::<AutoSubmitted>::new("auto-generated"))
        .header(Raw::<ListId>::new(&format!("golive <golive.{host}>")))
        .header(Raw::<Importance>::new(importance))
        .header(Raw::<Priority>::new(priority))
        .header(Raw::<ThreadTopic>::new(&thread.subject));
    if *root != id {
        builder = builder.in_reply_to(root.clone()).references(root.clone());
    }
    let text = SinglePart::builder().header(ContentType::TEXT_PLAIN).body(message.plain());
    let html = html::draw(message, notice, PICTURE);
    let html = SinglePart::builder().header(ContentType::TEXT_HTML).body(html);
    let both = MultiPart::alternative().singlepart(text);
    Ok(builder.multipart(match &context.picture {
        Some(picture) => {
            let name = format!("{PICTURE}.png");
            let picture = Attachment::new_inline_with_name(PICTURE.to_owned(), name)
                .body(picture.clone(), ContentType::parse("image/png")?);
            both.multipart(MultiPart::related().singlepart(html).singlepart(picture))
        }
        None => both.singlepart(html),
    })?)
}

/// A mailbox whose domain every server understands: an international one as the name system knows it (RFC 5891).
fn mailbox(text: &str) -> Result<Mailbox, Box<dyn std::error::Error + Send + Sync>> {
    let mut mailbox: Mailbox = text.parse()?;
    if !mailbox.email.domain().is_ascii() {
        let domain = idna::domain_to_ascii(mailbox.email.domain())?;
        mailbox.email = Address::new(mailbox.email.user(), domain)?;
    }
    Ok(mailbox)
}

/// The same whenever the same notice is sent, so that a mail that comes twice is seen to be one.
fn id_of(notice: &str, context: &Context<'_>) -> String {
    let token = |c: char| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '-' };
    format!("<{}@{}>", notice.chars().map(token).collect::<String>(), context.host)
}

impl Thread {
    /// An id has no space in it.
    fn write(&self) -> String {
        format!("{} {}", self.root, self.subject)
    }

    fn read(text: &str) -> Option<Self> {
        let (root, subject) = text.split_once(' ')?;
        let whole = root.starts_with('<') && root.ends_with('>');
        whole.then(|| Self { root: root.to_owned(), subject: subject.to_owned() })
    }
}
