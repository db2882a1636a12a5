//! Values that are not finite, and the last snapshot against the state saved with it.

use crate::run::{Snapshot, State};

use super::columns::Columns;

/// How many numbers of a snapshot and its particles are not finite.
///
/// * `estimated`: whether the error of a quadrature is one of them.
pub(super) fn not_finite(snapshot: &Snapshot, particles: Option<&Columns<'_>>, estimated: bool) -> f64 {
    let bad = |value: &&f64| !value.is_finite();
    let error = snapshot.error_estimate;
    let scalars = [
        snapshot.time,
        snapshot.loss,
        snapshot.penalty,
        snapshot.energy_dissipation,
        snapshot.tangent_kernel_change,
        snapshot.stuck_mass,
        snapshot.output_bias,
        snapshot.counters.ambiguous_mass,
        // A distance.
        if estimated {
            error.map_or(f64::NAN, |error| if error < 0.0 { f64::NAN } else { error })
        } else {
            0.0
        },
    ];
    let arrays = snapshot
        .residual
        .iter()
        .chain(&snapshot.residual_ode)
        .chain(&snapshot.residual_ode_uncorrected)
        .chain(&snapshot.region_mass)
        .chain(&snapshot.region_covariance)
        .chain(&snapshot.pinned_mass)
        .chain(snapshot.tangent_kernel.iter().flatten())
        .chain(snapshot.tangent_kernel_eigenvalues.iter().flatten());
    let columns = particles.iter().flat_map(|p| [p.r, p.theta, p.c, p.a, p.b]).flatten();
    (scalars.iter().filter(bad).count() + arrays.filter(bad).count() + columns.filter(bad).count()) as f64
}

/// How many values of the last snapshot, and of the particles stored with it, differ from the state
/// saved at its time.
///
/// * `all`: all particles of the state.
/// * `single`: whether particles were stored as `f32`.
pub(super) fn different(
    snapshot: &Snapshot,
    stored: Option<Columns<'_>>,
    state: &State,
    all: Option<&Columns<'_>>,
    single: bool,
) -> f64 {
    let differ = |a: f64, b: f64| usize::from(a.to_bits() != b.to_bits());
    let lists = [
        (&snapshot.residual_ode, &state.residual_ode),
        (&snapshot.residual_ode_uncorrected, &state.residual_ode_uncorrected),
    ];
    let mut count = usize::from(snapshot.step != state.step);
    count += usize::from(snapshot.counters != state.counters);
    count += differ(snapshot.output_bias, state.output_bias.unwrap_or(0.0));
    for (a, b) in lists {
        count += a.len().abs_diff(b.len());
        count += a.iter().zip(b).map(|(a, b)| differ(*a, *b)).sum::<usize>();
    }
    let Some((stored, all)) = stored.zip(all) else { return count as f64 };
    let digits = |value: f64| if single { f64::from(value as f32) } else { value };
    for (at, &i) in stored.index.iter().enumerate() {
        let columns = [(stored.r, all.r), (stored.c, all.c), (stored.a, all.a), (stored.b, all.b)];
        for (stored, all) in columns.into_iter().filter(|(stored, _)| !stored.is_empty()) {
            count += differ(stored[at], digits(all[i]));
        }
        // Angles that round to 2 pi are stored as 0.
        let turned = (stored.theta[at] - digits(all.theta[i])).abs();
        count += usize::from(!(turned == 0.0 || single && turned > 6.0));
        let (a, b) = (stored.place[at], all.place[i]);
        count += usize::from((a.kind(), a.index()) != (b.kind(), b.index()));
    }
    count as f64
}
