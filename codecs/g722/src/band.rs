//! One sub-band: two-pole six-zero predictor and logarithmic scale factor (ITU-T G.722 clauses 3.5, 3.6, 6.2).

use crate::tables::ILB;

/// What differs between the two bands' scale factors.
pub(crate) struct Scaling {
    /// Highest logarithmic scale factor.
    pub(crate) limit: i32,
    /// Position of the binary point of the antilogarithm.
    pub(crate) shift: i32,
    /// Scale factor at start.
    pub(crate) start: i32,
}

pub(crate) const LOWER: Scaling = Scaling {
    limit: 18_432,
    shift: 8,
    start: 32,
};
pub(crate) const HIGHER: Scaling = Scaling {
    limit: 22_528,
    shift: 10,
    start: 8,
};

/// State of one band, the same in encoder and decoder.
#[derive(Debug, Clone)]
pub(crate) struct Band {
    /// Predicted signal, the sum of both filters (`S`).
    pub(crate) predicted: i32,
    /// Scale factor of the quantiser (`DET`).
    pub(crate) scale: i32,
    /// Logarithmic scale factor (`NB`).
    log_scale: i32,
    /// Output of the zero section (`SZ`).
    zeros: i32,
    /// Newest two reconstructed signals (`RLT`).
    reconstructed: [i32; 2],
    /// Newest two partially reconstructed signals (`PLT`).
    partial: [i32; 2],
    /// Pole coefficients (`A`).
    poles: [i32; 2],
    /// Zero coefficients (`B`) and the differences they weigh (`D`), newest first.
    weights: [i32; 6],
    differences: [i32; 6],
}

fn saturate(value: i32) -> i32 {
    value.clamp(-32_768, 32_767)
}

impl Band {
    pub(crate) fn new(scaling: &Scaling) -> Self {
        Self {
            predicted: 0,
            scale: scaling.start,
            log_scale: 0,
            zeros: 0,
            reconstructed: [0; 2],
            partial: [0; 2],
            poles: [0; 2],
            weights: [0; 6],
            differences: [0; 6],
        }
    }

    /// Adapt the scale factor by a code's multiplier (`LOGSCL`, `SCALEL`; `LOGSCH`, `SCALEH`).
    pub(crate) fn rescale(&mut self, multiplier: i32, scaling: &Scaling) {
        self.log_scale = (((self.log_scale * 127) >> 7) + multiplier).clamp(0, scaling.limit);
        let mantissa = ILB[((self.log_scale >> 6) & 31) as usize];
        let exponent = scaling.shift - (self.log_scale >> 11);
        let antilog = if exponent < 0 {
            mantissa << -exponent
        } else {
            mantissa >> exponent
        };
        self.scale = antilog << 2;
    }

    /// Adapt the predictor by the quantised difference and predict the next signal (`BLOCK 4`).
    pub(crate) fn adapt(&mut self, difference: i32) {
        let reconstructed = saturate(self.predicted + difference);
        let partial = saturate(self.zeros + difference);
        self.adapt_poles(partial);
        self.adapt_zeros(difference);
        self.reconstructed = [reconstructed, self.reconstructed[0]];
        self.partial = [partial, self.partial[0]];
        self.predict();
    }

    /// `UPPOL2` and `UPPOL1`: only the signs of the partial signals count.
    fn adapt_poles(&mut self, partial: i32) {
        let same = |older: i32| (partial < 0) == (older < 0);
        let first = saturate(self.poles[0] << 2);
        let pull = if same(self.partial[0]) {
            (-first).min(32_767)
        } else {
            first
        };
        let step = if same(self.partial[1]) { 128 } else { -128 };
        let second = ((pull >> 7) + step + ((self.poles[1] * 32_512) >> 15)).clamp(-12_288, 12_288);

        let step = if same(self.partial[0]) { 192 } else { -192 };
        let bound = saturate(15_360 - second);
        let first = saturate(step + ((self.poles[0] * 32_640) >> 15)).clamp(-bound, bound);
        self.poles = [first, second];
    }

    /// `UPZERO`: each weight leaks and follows the sign of its product with the newest difference.
    fn adapt_zeros(&mut self, difference: i32) {
        let step = if difference == 0 { 0 } else { 128 };
        for (weight, older) in self.weights.iter_mut().zip(&self.differences) {
            let signed = if (difference < 0) == (*older < 0) {
                step
            } else {
                -step
            };
            *weight = saturate(signed + ((*weight * 32_640) >> 15));
        }
        self.differences.copy_within(..5, 1);
        self.differences[0] = difference;
    }

    /// `FILTEP`, `FILTEZ`, `PREDIC`.
    fn predict(&mut self) {
        let weigh = |coefficient: i32, signal: i32| (coefficient * saturate(2 * signal)) >> 15;
        let poles = saturate(
            weigh(self.poles[0], self.reconstructed[0])
                + weigh(self.poles[1], self.reconstructed[1]),
        );
        let zeros = self
            .weights
            .iter()
            .zip(&self.differences)
            .map(|(w, d)| weigh(*w, *d))
            .sum();
        self.zeros = saturate(zeros);
        self.predicted = saturate(poles + self.zeros);
    }
}
