//! How well each limit explains that something was refused in one bucket.

use super::facts::{Bucket, Facts};
use super::{Cause, REQUESTS_PER_UNIT, SCALING_RATE};

/// A limit counts as reached from this share of it on: maxima of different metrics are not taken at the same instant.
const REACHED: f64 = 0.98;
/// New environments in one minute from which the scaling rate may have been reached within ten seconds of it: what is set
/// free meanwhile is used again, so the rise is somewhat smaller.
const RISE: f64 = 0.9 * SCALING_RATE;
/// Below this share a limit explains nothing.
const NEAR: f64 = 0.5;
/// An invocation that takes less than this hits the request rate before the concurrency: ten a second per unit.
const BRIEF_MS: f64 = 1000.0 / REQUESTS_PER_UNIT;

/// One limit in one bucket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    pub cause: Cause,
    pub used: f64,
    pub limit: f64,
    pub reached: bool,
}

impl Fit {
    fn of(cause: Cause, used: f64, limit: f64) -> Fit {
        Fit { cause, used, limit, reached: used >= limit * REACHED }
    }

    /// Of the limit, 0 to 1 and beyond.
    pub fn share(&self) -> f64 {
        if self.limit > 0.0 { self.used / self.limit } else { 1.0 }
    }
}

/// The limit that explains best what was refused in this bucket; none where none is near.
pub fn best(facts: &Facts, bucket: &Bucket) -> Option<Fit> {
    let fits = all(facts, bucket);
    let reached: Vec<&Fit> = fits.iter().filter(|fit| fit.reached).collect();
    let of = |cause| reached.iter().find(|fit| fit.cause == cause).copied();
    let concurrency = of(Cause::Reserved).or_else(|| of(Cause::AccountPool));
    let rate = of(Cause::RequestRate);
    let chosen = match (concurrency, rate) {
        // Both are reached: how long an invocation takes tells which of them comes first.
        (Some(concurrency), Some(rate)) => {
            if bucket.duration.is_some_and(|ms| ms < BRIEF_MS) {
                Some(rate)
            } else {
                Some(concurrency)
            }
        }
        (one, other) => one.or(other).or_else(|| of(Cause::ScalingRate)),
    };
    match chosen {
        Some(fit) => Some(*fit),
        None => fits.into_iter().filter(|fit| fit.share() >= NEAR).max_by(|a, b| a.share().total_cmp(&b.share())),
    }
}

/// The most of each limit that is known.
pub fn all(facts: &Facts, bucket: &Bucket) -> Vec<Fit> {
    let mut fits = Vec::new();
    let rate = bucket.rate(facts.period);
    match facts.reserved {
        Some(Some(reserve)) => {
            fits.extend(reserve_in_use(facts, bucket, reserve));
            fits.push(Fit::of(Cause::RequestRate, rate, REQUESTS_PER_UNIT * reserve));
        }
        _ => {
            let claimed = bucket.claimed.zip(facts.account);
            let unreserved = bucket.unreserved.zip(facts.unreserved);
            let pool = [claimed, unreserved].into_iter().flatten().filter(|(_, limit)| *limit > 0.0);
            fits.extend(
                pool.map(|(used, limit)| Fit::of(Cause::AccountPool, used, limit))
                    .max_by(|a, b| a.share().total_cmp(&b.share())),
            );
            if let Some(limit) = facts.account {
                let rate = bucket.fleet_rate.unwrap_or(rate).max(rate);
                fits.push(Fit::of(Cause::RequestRate, rate, REQUESTS_PER_UNIT * limit));
            }
        }
    }
    // Neither the reserve nor the account allows as many: then it is not the pace that refuses.
    let room = facts.reserved.flatten().or(facts.account).is_none_or(|limit| limit > SCALING_RATE);
    if let Some((now, before)) = bucket.concurrency.zip(bucket.before).filter(|_| room) {
        fits.push(Fit {
            reached: now - before >= RISE,
            ..Fit::of(Cause::ScalingRate, (now - before).max(0.0), SCALING_RATE)
        });
    }
    fits
}

/// The reserve: what is provisioned has been taken from it, whether it is in use or not.
fn reserve_in_use(facts: &Facts, bucket: &Bucket, reserve: f64) -> Option<Fit> {
    let used = bucket.concurrency?;
    let whole = Fit::of(Cause::Reserved, used, reserve);
    let beside = reserve - facts.provisioned;
    if facts.provisioned <= 0.0 || whole.reached {
        return Some(whole);
    }
    let rest = bucket.on_provisioned.map(|provisioned| (used - provisioned).max(0.0));
    match rest {
        _ if beside <= 0.0 => Some(Fit { reached: true, ..whole }),
        Some(rest) if rest >= beside => Some(Fit { reached: true, ..whole }),
        _ => Some(whole),
    }
}
