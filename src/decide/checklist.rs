//! The checklist of a version (guide G1): what is still open before it may be announced.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::action::Answer;
use super::context::Context;
use crate::model::checklist::{
    Checklist, Deed, Entry, Found, Item, Mark, Objection, Person, Shown, Signed, Standing, Taken, Waived,
    Wanted,
};
use crate::model::facts::Facts;
use crate::model::notice::{News, Tier};
use crate::model::reason::Reason;
use crate::model::release::Announcement;
use crate::model::sample::Outcome;

/// Of so many versions the checklist is kept, of those that were worked on last.
const VERSIONS: usize = 3;

/// Does something to the checklist of a version, or of the one that was worked on last. Gives how it stands then.
pub(super) fn asked(
    ctx: &mut Context<'_>,
    version: Option<&str>,
    by: &Person,
    deed: &Deed,
) -> Result<Answer, Objection> {
    let wanted = &ctx.policy.checklist;
    if wanted.items.is_empty() {
        return Err(Objection::None(ctx.service.name.clone()));
    }
    let last = ctx.facts().checklists.last().map(|last| last.version.clone());
    let version = version.map(str::to_owned).or(last).ok_or(Objection::WhichVersion)?;
    match deed {
        Deed::Show => {}
        Deed::Report(found) => report(ctx, &version, by, found)?,
        Deed::Sign { item, note, evidence } => {
            may_sign(wanted, item, by)?;
            let (note, evidence) = (note.clone(), evidence.clone());
            let signed = Signed { at: ctx.now, by: by.clone(), note, evidence };
            mark(ctx, &version, item).signed = Some(signed);
        }
        Deed::Unsign { item } => {
            known(wanted, item)?;
            let mark = mark(ctx, &version, item);
            (mark.signed, mark.waived) = (None, None);
        }
        Deed::Waive { item, why, until } => {
            known(wanted, item)?;
            if *until <= ctx.now {
                return Err(Objection::WaiverOver { until: *until });
            }
            let waived = Waived { at: ctx.now, by: by.clone(), why: why.clone(), until: *until };
            mark(ctx, &version, item).waived = Some(waived);
        }
    }
    let entries = entries(ctx, &version);
    Ok(Answer::Checklist { version, entries })
}

/// Whether a release of a version may be announced; the checklist as it stands.
pub(super) fn admits(ctx: &Context<'_>, announcement: &Announcement) -> Result<Option<Taken>, Objection> {
    if ctx.policy.checklist.items.is_empty() {
        return Ok(None);
    }
    let entries = entries(ctx, &announcement.version);
    if ctx.policy.checklist.required && announcement.overrides.is_none() {
        let open = unsettled(&entries);
        if !open.is_empty() {
            return Err(Objection::Open { version: announcement.version.clone(), open });
        }
        if let Some((item, by)) = signed_by_one_alone(&entries, announcement) {
            return Err(Objection::FourEyes { item, by });
        }
    }
    Ok(Some(Taken { entries }))
}

/// A release has come: its checklist is taken as it stands, unless it was when the release was announced. That it is not
/// complete is told; golive cannot keep others from replacing containers.
pub(super) fn take(ctx: &mut Context<'_>) {
    let Some(release) = ctx.facts().release.as_ref() else { return };
    if ctx.policy.checklist.items.is_empty() || release.checklist.is_some() {
        return;
    }
    let version = release.version.clone();
    let entries = entries(ctx, &version);
    let open = unsettled(&entries);
    let taken_before = ctx.facts().was_accepted(&version);
    if let Some(release) = &mut ctx.facts_mut().release {
        release.checklist = Some(Taken { entries });
    }
    if ctx.policy.checklist.required && !open.is_empty() && !taken_before {
        let why = Reason::ChecklistOpen { version, open };
        ctx.tell(News::ReleasedWithoutChecklist, Tier::Important, Some(why));
    }
}

fn report(
    ctx: &mut Context<'_>,
    version: &str,
    by: &Person,
    found: &BTreeMap<String, Found>,
) -> Result<(), Objection> {
    for item in found.keys() {
        let of = known(&ctx.policy.checklist, item)?;
        if of.manual.is_some() {
            return Err(Objection::OnlySigned(item.clone()));
        }
    }
    for (item, Found { result, figure, took }) in found {
        let (result, figure, took, at, by) = (result.clone(), *figure, *took, ctx.now, by.clone());
        mark(ctx, version, item).shown = Some(Shown { at, by, result, figure, took });
    }
    Ok(())
}

fn known<'a>(wanted: &'a Wanted, item: &str) -> Result<&'a Item, Objection> {
    let no_item =
        || Objection::NoItem { item: item.to_owned(), known: wanted.items.keys().cloned().collect() };
    wanted.items.get(item).ok_or_else(no_item)
}

fn may_sign(wanted: &Wanted, item: &str, by: &Person) -> Result<(), Objection> {
    let manual = known(wanted, item)?.manual.as_ref().ok_or_else(|| Objection::NotSigned(item.to_owned()))?;
    if manual.by.is_empty() || manual.by.contains(&by.name) {
        return Ok(());
    }
    let allowed = manual.by.iter().cloned().collect();
    Err(Objection::MayNotSign { item: item.to_owned(), by: by.name.clone(), allowed })
}

/// The mark of an item; the version's checklist is begun where there is none, and the one that was worked on first goes.
fn mark<'a>(ctx: &'a mut Context<'_>, version: &str, item: &str) -> &'a mut Mark {
    let facts: &mut Facts = ctx.facts_mut();
    let at = facts.checklists.iter().position(|checklist| checklist.version == version);
    let checklist = at.map(|at| facts.checklists.remove(at));
    let fresh = || Checklist { version: version.to_owned(), marks: BTreeMap::new() };
    let checklist = checklist.unwrap_or_else(fresh);
    let more = (facts.checklists.len() + 1).saturating_sub(VERSIONS);
    facts.checklists.drain(..more);
    facts.checklists.push(checklist);
    let newest = facts.checklists.last_mut().expect("one was added just now");
    newest.marks.entry(item.to_owned()).or_default()
}

/// Every item, with its mark for a version.
fn entries(ctx: &Context<'_>, version: &str) -> BTreeMap<String, Entry> {
    let wanted = &ctx.policy.checklist;
    let checklist = ctx.facts().checklists.iter().find(|checklist| checklist.version == version);
    let each = wanted.items.iter().map(|(name, item)| {
        let mark = checklist.and_then(|checklist| checklist.marks.get(name)).cloned().unwrap_or_default();
        let standing = standing(wanted, item, &mark, ctx.now);
        (name.clone(), Entry { standing, item: item.clone(), mark })
    });
    each.collect()
}

/// A signature counts for what people sign, and what a check has shown for the rest; either for a while. What is waived and
/// is so all the same passes.
fn standing(wanted: &Wanted, item: &Item, mark: &Mark, now: Timestamp) -> Standing {
    let counts = |at: Timestamp| at.checked_add(wanted.valid_for).is_ok_and(|until| now < until);
    let stands = match (&item.manual, &mark.signed, &mark.shown) {
        (Some(_), Some(signed), _) if counts(signed.at) => Standing::Pass,
        (None, _, Some(shown)) if counts(shown.at) => match &shown.result {
            Outcome::Ok => Standing::Pass,
            Outcome::Failed(_) => Standing::Fail,
            Outcome::Blind(_) => Standing::NoData,
        },
        (Some(_) | None, _, _) => Standing::Open,
    };
    let waived = mark.waived.as_ref().is_some_and(|waived| now < waived.until);
    if waived && stands != Standing::Pass { Standing::Waived } else { stands }
}

fn unsettled(entries: &BTreeMap<String, Entry>) -> Vec<String> {
    entries.iter().filter(|(_, entry)| !entry.standing.is_settled()).map(|(name, _)| name.clone()).collect()
}

/// An item that another one than the person responsible has to sign, and did not. The account of root is several people's.
fn signed_by_one_alone(
    entries: &BTreeMap<String, Entry>,
    announcement: &Announcement,
) -> Option<(String, String)> {
    let own = |by: &Person| {
        let account = by.uid.filter(|uid| *uid != 0);
        announcement.said_by.as_ref().is_some_and(|responsible| {
            responsible.name == by.name || (account.is_some() && account == responsible.uid)
        })
    };
    entries.iter().find_map(|(name, entry)| {
        let four_eyes = entry.item.manual.as_ref().is_some_and(|manual| manual.four_eyes);
        let signed = entry.mark.signed.as_ref().filter(|_| four_eyes && entry.standing == Standing::Pass)?;
        own(&signed.by).then(|| (name.clone(), signed.by.name.clone()))
    })
}
