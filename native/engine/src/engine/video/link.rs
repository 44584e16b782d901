//! A viewer's link, shared by its slots.

use std::time::Instant;

use crate::engine::Engine;
use crate::io::Output;
use crate::sessions::Index;
use crate::video::{Demand, Viewer, share, wanted};

impl Engine {
    /// Give the viewer's slots their layers.
    pub(super) fn share_link(&mut self, index: Index, now: Instant) {
        let Some(session) = self.sessions.at(index) else {
            return;
        };
        let Some(viewer) = &mut session.viewer else {
            return;
        };
        let (mut taken, mut demands) = (Vec::new(), Vec::new());
        for (k, slot) in viewer.slots.iter().enumerate() {
            let source = slot.target.and_then(|p| self.video.sources.get(&p));
            if let (Some(picture), Some(source)) = (slot.target, source) {
                taken.push((k, picture));
                demands.push(Demand {
                    pinned: slot.watch.picture == slot.target,
                    height: slot.watch.height,
                    ladder: source.ladder(),
                    layer: slot.layer,
                    changed: slot.changed,
                });
            }
        }
        let (mut news, mut awaited) = (Vec::new(), Vec::new());
        let lowest = demands.iter().map(Demand::held).sum();
        let link = viewer.bridged(demands.iter().map(Demand::given).sum(), lowest, now);
        let given = share(&demands, link, now);
        let carried = taken.iter().zip(&demands).filter_map(|(&(k, _), demand)| {
            let layer = viewer.slots[k].carries()?;
            Some(demand.rate(usize::from(layer)))
        });
        let flooded = viewer.is_flooded(carried.sum());
        for (&(k, picture), layer) in taken.iter().zip(given) {
            let slot = &mut viewer.slots[k];
            let waited = slot.awaits();
            news.extend(slot.decide(layer, now).map(|told| (k as u8, told)));
            if flooded {
                slot.cut();
            }
            let awaits = slot.awaits().filter(|_| slot.awaits() != waited);
            awaited.extend(awaits.map(|layer| (picture, layer)));
        }
        let wanted = changed(viewer, wanted(&demands));
        let session_id = session.id;
        for (slot, (told, timestamp)) in news {
            self.outputs
                .push_back(session.picture(slot, Some(told), timestamp));
        }
        for (picture, layer) in awaited {
            self.need(picture, layer, now);
        }
        if let Some(bits_per_s) = wanted {
            self.outputs.push_back(Output::Wanted {
                session: session_id,
                bits_per_s,
            });
        }
    }
}

/// What is wanted, if it is to be told: changes of less than a tenth are not.
fn changed(viewer: &mut Viewer, wanted: u64) -> Option<u64> {
    let news = wanted.abs_diff(viewer.wanted) > viewer.wanted / 10;
    news.then(|| {
        viewer.wanted = wanted;
        wanted
    })
}
