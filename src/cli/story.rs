//! The release that `golive record` and `golive explain` are about.

use jiff::tz::TimeZone;

use super::{CliError, Context};
use crate::store::recording::Recording;
use crate::store::{Reader, Story};
use crate::text::Texts;

/// The named release, or the one of the named service or of all that something became of last, and the words to tell it
/// in.
pub(super) fn read(named: Option<&str>, context: &Context) -> Result<(Story, Texts), CliError> {
    let config = context.config()?;
    let reader = Reader::open(&config.state_dir)?;
    let service = named.filter(|named| config.services.contains_key(*named));
    let id = match named {
        Some(release) if service.is_none() => Some(release.to_owned()),
        Some(_) | None => reader.latest_release(service)?,
    };
    let id = id.ok_or_else(|| {
        let of = service.map(|service| format!(" of {service}")).unwrap_or_default();
        CliError::Plain(format!("there is no release{of} yet"))
    })?;
    let story = reader.story(&id)?.ok_or_else(|| {
        CliError::Usage(format!("there is no release and no service {id}; `golive releases` lists releases"))
    })?;
    let zone = config.timezone.unwrap_or_else(TimeZone::system);
    Ok((story, Texts::new(context.language(), Some(zone))))
}

/// A recorded release with today's rules, to be judged again.
pub(super) fn recording(named: Option<&str>, context: &Context) -> Result<Recording, CliError> {
    let config = context.config()?;
    let (story, _) = read(named, context)?;
    let reader = Reader::open(&config.state_dir)?;
    let id = &story.release.id;
    if !reader.exact(id)? {
        return Err(CliError::Plain(format!(
            "{id} cannot be judged again: its readings are older than state.keep-readings"
        )));
    }
    let (name, began) = (&story.release.service, story.release.began);
    let service = config.services.get(name).ok_or_else(|| {
        CliError::Usage(format!(
            "the configuration has no service {name} any more, so there are no rules for it"
        ))
    })?;
    let mut accepted = Vec::new();
    for row in reader.releases(Some(name))?.into_iter().filter(|row| row.state == "accepted") {
        let release = reader.release(&row.id)?;
        accepted.extend(release.filter(|release| release.began < began));
    }
    accepted.truncate(service.policy.keep);
    accepted.reverse();
    Ok(Recording::of(&story, service.policy.clone(), accepted))
}
