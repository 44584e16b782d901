//! What the peer's link takes of video: str0m's estimate, never above what was seen to arrive of it.

/// Of one session, in bits/s.
#[derive(Debug, Default)]
pub(crate) struct Link {
    estimate: Option<u64>,
    bound: Option<u64>,
    desired: u64,
}

impl Link {
    /// str0m has another estimate. What the link takes now, if that changed.
    pub fn estimated(&mut self, bits_per_s: u64) -> Option<u64> {
        self.change(|link| link.estimate = Some(bits_per_s))
    }

    /// The link is choked, or no longer known to be. What it takes now, if that changed.
    pub fn bounded(&mut self, bound: Option<u64>) -> Option<u64> {
        self.change(|link| link.bound = bound)
    }

    pub fn bound(&self) -> Option<u64> {
        self.bound
    }

    /// What its video would take at best.
    pub fn desire(&mut self, bits_per_s: u64) {
        self.desired = bits_per_s;
    }

    /// Up to which the link is to be tried: not beyond what is known to choke it.
    pub fn tried_up_to(&self) -> u64 {
        self.bound
            .map_or(self.desired, |bound| bound.min(self.desired))
    }

    fn takes(&self) -> Option<u64> {
        self.estimate.into_iter().chain(self.bound).min()
    }

    fn change(&mut self, change: impl FnOnce(&mut Self)) -> Option<u64> {
        let before = self.takes();
        change(self);
        self.takes().filter(|_| self.takes() != before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lower_of_estimate_and_bound_is_what_it_takes() {
        let mut link = Link::default();
        assert_eq!(link.estimated(900), Some(900));
        assert_eq!(link.bounded(Some(250)), Some(250));
        assert_eq!(link.estimated(800), None);
        assert_eq!(link.estimated(200), Some(200));
        assert_eq!(link.estimated(700), Some(250));
        assert_eq!(link.bounded(None), Some(700));
    }

    #[test]
    fn it_is_tried_no_further_than_what_chokes_it() {
        let mut link = Link::default();
        link.desire(600);
        assert_eq!(link.tried_up_to(), 600);
        link.bounded(Some(250));
        assert_eq!(link.tried_up_to(), 250);
        link.desire(100);
        assert_eq!(link.tried_up_to(), 100);
    }
}
