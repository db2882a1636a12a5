//! Dense matrices in twice the digits, for tests alone.

use super::chain::Chain;

/// A number as an unevaluated sum of two, with about 106 bits (Dekker 1971; Hida, Li and Bailey 2001).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Twice {
    high: f64,
    low: f64,
}

fn quick_sum(a: f64, b: f64) -> Twice {
    let high = a + b;
    Twice { high, low: b - (high - a) }
}

impl Twice {
    pub fn new(value: f64) -> Twice {
        Twice { high: value, low: 0.0 }
    }

    pub fn value(self) -> f64 {
        self.high + self.low
    }

    pub fn add(self, other: Twice) -> Twice {
        let two = |a: f64, b: f64| {
            let s = a + b;
            let t = s - a;
            (s, (a - (s - t)) + (b - t))
        };
        let (s, e) = two(self.high, other.high);
        let (t, f) = two(self.low, other.low);
        let first = quick_sum(s, e + t);
        quick_sum(first.high, first.low + f)
    }

    pub fn negative(self) -> Twice {
        Twice { high: -self.high, low: -self.low }
    }

    pub fn sub(self, other: Twice) -> Twice {
        self.add(other.negative())
    }

    pub fn mul(self, other: Twice) -> Twice {
        let p = self.high * other.high;
        let e = self.high.mul_add(other.high, -p);
        quick_sum(p, e + (self.high * other.low + self.low * other.high))
    }

    pub fn div(self, other: Twice) -> Twice {
        let first = self.high / other.high;
        let left = self.sub(other.mul(Twice::new(first)));
        let second = left.high / other.high;
        let rest = left.sub(other.mul(Twice::new(second)));
        quick_sum(first, second).add(Twice::new(rest.high / other.high))
    }
}

/// A symmetric matrix and its `L D L^T`.
pub struct Dense {
    entries: Vec<Vec<Twice>>,
    /// Below the diagonal `L`, on it `D`.
    factor: Vec<Vec<Twice>>,
}

impl Dense {
    /// `K + diag` of a chain, entries from their definition.
    pub fn of<const R: usize>(chain: &Chain<R>, diagonal: &[f64]) -> Dense {
        let n = chain.len();
        let zero = Twice::new(0.0);
        type Columns<const R: usize> = [[Twice; R]; R];
        let lift = |m: &[[f64; R]; R]| -> Columns<R> { m.map(|column| column.map(Twice::new)) };
        let multiply = |a: &Columns<R>, b: &Columns<R>| -> Columns<R> {
            std::array::from_fn(|j| {
                std::array::from_fn(|i| (0..R).fold(zero, |sum, k| sum.add(a[k][i].mul(b[j][k]))))
            })
        };
        let transpose =
            |a: &Columns<R>| -> Columns<R> { std::array::from_fn(|j| std::array::from_fn(|i| a[i][j])) };
        let square = |a: &Columns<R>| multiply(a, &transpose(a));
        let mut entries = vec![vec![zero; n]; n];
        let mut covariance = square(&lift(&chain.start));
        for j in 0..n {
            let mut ahead = covariance;
            for i in j..n {
                entries[i][j] = ahead[0][0];
                entries[j][i] = ahead[0][0];
                if i + 1 < n {
                    ahead = multiply(&lift(&chain.steps[i].transition), &ahead);
                }
            }
            if j + 1 < n {
                let f = lift(&chain.steps[j].transition);
                let moved = multiply(&multiply(&f, &covariance), &transpose(&f));
                let noise = square(&lift(&chain.steps[j].noise));
                covariance = std::array::from_fn(|c| std::array::from_fn(|r| moved[c][r].add(noise[c][r])));
            }
            entries[j][j] = entries[j][j].add(Twice::new(diagonal[j]));
        }
        Dense::factored(entries)
    }

    pub fn from_fn(n: usize, entry: impl Fn(usize, usize) -> f64) -> Dense {
        Dense::factored((0..n).map(|i| (0..n).map(|j| Twice::new(entry(i, j))).collect()).collect())
    }

    fn factored(entries: Vec<Vec<Twice>>) -> Dense {
        let n = entries.len();
        let mut factor = entries.clone();
        for j in 0..n {
            for k in 0..j {
                let scaled = factor[j][k].mul(factor[k][k]);
                for i in j..n {
                    factor[i][j] = factor[i][j].sub(factor[i][k].mul(scaled));
                }
            }
            for i in j + 1..n {
                factor[i][j] = factor[i][j].div(factor[j][j]);
            }
        }
        Dense { entries, factor }
    }

    pub fn entry(&self, i: usize, j: usize) -> f64 {
        self.entries[i][j].value()
    }

    pub fn pivots(&self) -> Vec<f64> {
        (0..self.factor.len()).map(|i| self.factor[i][i].value()).collect()
    }

    pub fn solve(&self, b: &[f64]) -> Vec<f64> {
        let n = b.len();
        let mut x: Vec<Twice> = b.iter().map(|&b| Twice::new(b)).collect();
        for i in 0..n {
            for k in 0..i {
                x[i] = x[i].sub(self.factor[i][k].mul(x[k]));
            }
        }
        for i in (0..n).rev() {
            x[i] = x[i].div(self.factor[i][i]);
            for k in i + 1..n {
                x[i] = x[i].sub(self.factor[k][i].mul(x[k]));
            }
        }
        x.into_iter().map(Twice::value).collect()
    }

    pub fn inverse_diagonal(&self) -> Vec<f64> {
        let n = self.factor.len();
        let unit = |j: usize| (0..n).map(|i| f64::from(u8::from(i == j))).collect::<Vec<f64>>();
        (0..n).map(|j| self.solve(&unit(j))[j]).collect()
    }
}
