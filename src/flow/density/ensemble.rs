//! A density on the cylinder, as the step controller moves it.

use rayon::prelude::*;

use crate::flow::Flow;
use crate::flow::counters::Counters;
use crate::flow::error::FlowError;
use crate::flow::events::Tally;
use crate::flow::field::{Vec2, gradients};
use crate::flow::field_cubic::FieldCubic;
use crate::flow::interface::Margins;
use crate::flow::moments::Moments;
use crate::flow::push::Push;
use crate::flow::state::State;
use crate::flow::system::System;
use crate::problem::{DensityStart, Regions, Samples};

use super::columns::Density;
use super::crossing::all_crosses;
use super::grid::Grid;
use super::housekeeping::{Reach, Releases, extend_rows, reaches, release};
use super::layout;
use super::parabola::{LANES, Lanes};
use super::parts::Parts;
use super::possible::density_is_possible;
use super::released::{NUMBERS, Released};
use super::rows::MARGIN;
use super::slice::Slice;
use super::slow::slow_crossings;
use super::start::start;
use super::sums::{Field, add_moments};
use super::transport::{Motion, move_all};
use super::turn::{Turning, turn_block};

/// Constant of the error that splitting the two transports makes in a step that turns by `z`: `z^3 / 24`.
const SPLITTING: f64 = 24.0;

/// The grid, the rows of each slice, and where the masses are at the end of an attempted step.
pub struct Ensemble {
    grid: Grid,
    flow: Flow,
    slices: Vec<Slice>,
    /// Per slice.
    trial: Vec<Vec<Lanes>>,
    scratch: Vec<Lanes>,
    by_column: Vec<f64>,
    /// Mass stuck at `r = 0` in each column.
    stuck: Vec<f64>,
    /// What boundaries have released.
    released: Vec<Released>,
    /// The field at the end of the last push, and how far it may be from the truth.
    end: (Vec<Vec2>, Margins),
    /// How far the lines of each slice moved in it, in `q`, and how far the total-variation term pushed them.
    moved: Vec<(Vec<f64>, f64)>,
    touched: u64,
    /// Releases of the last step.
    counted: Counters,
}

/// The start of a run: the cells of the law, with their moments.
///
/// # Errors
/// [`FlowError::Start`] for flows whose densities have no coordinate in which both transports are exact.
pub fn begin(
    samples: &Samples,
    regions: &Regions,
    density: &DensityStart,
    flow: Flow,
) -> Result<Density, FlowError> {
    let impossible =
        |expected| FlowError::Start { flow: flow.name(), found: "a density of this law", expected };
    density_is_possible(flow, &density.law).map_err(impossible)?;
    let grid = Grid::new(regions, density.cells[0]);
    let mut columns = start(&grid, density, flow);
    let ensemble = Ensemble::new(samples, regions, flow, &columns)?;
    let cells = ensemble.split(&columns.cells);
    let none = Margins::none(samples.len());
    let mut moments = Moments::zero(regions.boundaries());
    let still = vec![[0.0; 2]; regions.boundaries()];
    ensemble.sum(&mut moments, regions, (&cells, &[]), (&still, &none));
    let mut rho = vec![0.0; samples.len()];
    moments.residual(samples, regions, &mut rho);
    let field = field(samples, &rho, flow.kappa());
    moments.clear();
    ensemble.sum(&mut moments, regions, (&cells, &[]), (&field, &none));
    columns.moments = moments.to_flat();
    Ok(columns)
}

impl Ensemble {
    /// For the cells of a state.
    ///
    /// # Errors
    /// [`FlowError::State`] for a layout that does not fit the samples, the flow or the cells.
    pub fn new(
        samples: &Samples,
        regions: &Regions,
        flow: Flow,
        columns: &Density,
    ) -> Result<Ensemble, FlowError> {
        let missing = |what, found, expected| Err(FlowError::State { what, found, expected });
        let Some(slices) = layout::read(&columns.layout, flow) else {
            return missing("layout", columns.layout.len(), 5);
        };
        let grid = Grid::new(regions, columns.layout[0] as usize);
        let all = grid.all();
        match columns.expected_cells(all) {
            Some(expected) if expected == columns.cells.len() => {}
            expected => return missing("cells", columns.cells.len(), expected.unwrap_or(0)),
        }
        let stuck = if flow.tv() > 0.0 { all } else { 0 };
        if columns.stuck.len() != stuck {
            return missing("stuck", columns.stuck.len(), stuck);
        }
        let (parts, rest) = columns.released.as_chunks::<NUMBERS>();
        let read = |part| Released::read(part, slices.len(), grid.regions());
        let Some(released) = parts.iter().map(read).collect::<Option<Vec<_>>>().filter(|_| rest.is_empty())
        else {
            return missing("released", columns.released.len(), parts.len() * NUMBERS);
        };
        let trial = slices.iter().map(|slice| vec![[0.0; LANES]; slice.blocks * all]).collect();
        let end = (vec![[0.0; 2]; grid.regions()], Margins::none(samples.len()));
        Ok(Ensemble {
            grid,
            flow,
            slices,
            trial,
            scratch: vec![],
            by_column: vec![],
            stuck: vec![],
            released,
            end,
            moved: vec![],
            touched: 0,
            counted: Counters::default(),
        })
    }

    /// The cells of each slice.
    fn split<'a>(&self, cells: &'a [f64]) -> Vec<&'a [Lanes]> {
        let mut rest = cells.as_chunks::<LANES>().0;
        self.slices
            .iter()
            .map(|slice| {
                let (part, after) = rest.split_at(slice.blocks * self.grid.all());
                rest = after;
                part
            })
            .collect()
    }

    fn sum(
        &self,
        moments: &mut Moments,
        regions: &Regions,
        (cells, released): (&[&[Lanes]], &[Released]),
        (g, margins): (&[Vec2], &Margins),
    ) {
        let field = Field { g, margins, lambda: self.flow.tv() };
        for (slice, cells) in self.slices.iter().zip(cells) {
            add_moments(moments, &self.grid, regions, (slice, cells), field);
        }
        for part in released {
            part.add_moments(self.slices[part.slice].coordinate, moments, field);
        }
    }

    /// How far every column moves while `h g` has this integral, in rows; `None` if that is too far for the empty
    /// rows at the ends.
    ///
    /// * `tv`: how far the total-variation term pushes.
    fn displacements(&self, regions: &Regions, slice: &Slice, field: &[Vec2], tv: f64) -> Option<Vec<f64>> {
        let most = ((MARGIN - 1) * LANES - 3) as f64;
        let scale = slice.coordinate.speed() / slice.width;
        let along = |d: [f64; 2], g: Vec2| scale * (g[0] * d[0] + g[1] * d[1]);
        let mut rows = vec![];
        for k in (1..self.grid.regions()).chain([0]) {
            rows.extend((0..self.grid.of(k).len()).map(|i| {
                let (sin, cos) = libm::sincos(self.grid.middle(k, i));
                along([cos, sin], field[k])
            }));
        }
        let lines = 0..self.grid.regions();
        rows.extend(lines.map(|b| along(regions.direction(b), field[regions.inactive_side(b)])));
        rows.extend([0.0; 2]);
        rows.iter().all(|rows| rows.abs() + tv <= most).then_some(rows)
    }
}

/// `g_k` of residuals, with `kappa`.
fn field(samples: &Samples, rho: &[f64], kappa: f64) -> Vec<Vec2> {
    let mut g = vec![[0.0; 2]; 2 * samples.len()];
    gradients(samples, rho, &mut g);
    g.iter_mut().for_each(|g| *g = [kappa * g[0], kappa * g[1]]);
    g
}

/// `Int_from^to h g_k du`.
fn integral(field: &[FieldCubic], from: f64, to: f64) -> Vec<Vec2> {
    let one = |c: &[f64; 4]| -> f64 {
        (0..4).map(|p| c[p] * (to.powi(p as i32 + 1) - from.powi(p as i32 + 1)) / (p as f64 + 1.0)).sum()
    };
    field.iter().map(|field| [one(&field.x), one(&field.y)]).collect()
}

impl System for Ensemble {
    fn mass(&self) -> &[f64] {
        &[]
    }

    fn moments(&self, _: &Samples, regions: &Regions, state: &State) -> Moments {
        let flat = &state.particles.density().moments;
        Moments::from_flat(regions.boundaries(), flat).expect("columns of a checked state")
    }

    fn push(&mut self, push: &Push<'_>, state: &State, tally: &mut Tally) {
        tally.clear(push.significant);
        let (regions, kappa) = (push.regions, self.flow.kappa());
        let cubic = FieldCubic::all(push.samples, push.path, kappa);
        let halves = [integral(&cubic, 0.0, 0.5), integral(&cubic, 0.5, 1.0)];
        let whole: Vec<Vec2> =
            halves[0].iter().zip(&halves[1]).map(|(a, b)| [a[0] + b[0], a[1] + b[1]]).collect();
        let all = self.grid.all();
        let margin = push.margins.times(push.path.h);
        let crosses = all_crosses(regions, &whole, &margin);
        let slow = slow_crossings(&self.grid, regions, &cubic, &crosses);
        let turning = Turning::new(&self.grid, &whole, crosses, &slow);
        let cells = self.split(&state.particles.density().cells);
        let mut trial = std::mem::take(&mut self.trial);
        let columns = state.particles.density();
        let mut stuck = columns.stuck.clone();
        let read = |part| Released::read(&part, self.slices.len(), self.grid.regions());
        let mut released: Vec<Released> = columns.released().filter_map(read).collect();
        self.moved.clear();
        for (index, ((slice, from), to)) in self.slices.iter().zip(cells).zip(&mut trial).enumerate() {
            let tv = 0.5 * push.path.h * push.lambda / slice.width;
            let rows = halves.each_ref().map(|half| self.displacements(regions, slice, half, tv));
            let [Some(first), Some(second)] = &rows else {
                tally.events.given_up = true;
                break;
            };
            let lines = self.grid.columns()..self.grid.columns() + self.grid.regions();
            let both = first[lines.clone()].iter().zip(&second[lines]);
            let moved = both.map(|(first, second)| (first + second) * slice.width).collect();
            self.moved.push((moved, 2.0 * tv * slice.width));
            let largest = 0.5 * margin.iter().copied().fold(0.0, f64::max) / slice.width;
            let motion = |rows| Motion { rows, towards_zero: tv, margin: largest };
            self.scratch.resize(from.len(), [0.0; LANES]);
            move_all(&self.grid, (slice, from), motion(first), &mut stuck, &mut self.by_column, to);
            if !slice.coordinate.turns() {
                // Released lines there are none of: nothing comes to a boundary.
                self.scratch.copy_from_slice(to);
                let turned = (slice, &self.scratch[..]);
                move_all(&self.grid, turned, motion(second), &mut stuck, &mut self.by_column, to);
                continue;
            }
            self.scratch
                .par_chunks_mut(all)
                .zip(to.par_chunks(all))
                .zip(&slice.turn)
                .for_each_init(Vec::new, |cells, ((to, from), turn)| {
                    turn_block(&turning, from, turn, cells, to)
                });
            let parts = Parts { grid: &self.grid, regions, index, slice, tv: tv * slice.width };
            parts.shift(&mut released, &halves[0], &mut stuck);
            parts.turn(&mut released, &whole, &margin, &mut self.scratch);
            parts.let_through(&slow, to, (&cubic, &margin), &mut self.scratch, &mut released);
            parts.shift(&mut released, &halves[1], &mut stuck);
            let turned = (slice, &self.scratch[..]);
            move_all(&self.grid, turned, motion(second), &mut stuck, &mut self.by_column, to);
        }
        self.stuck = stuck;
        self.released = released;
        drop(turning);
        self.trial = trial;
        self.touched += self.trial.iter().map(|cells| (cells.len() * LANES) as u64).sum::<u64>();
        self.end = (field(push.samples, &push.path.end().0, kappa), push.margins.clone());
        let cells: Vec<&[Lanes]> = self.trial.iter().map(Vec::as_slice).collect();
        self.sum(&mut tally.moments, regions, (&cells, &self.released), (&self.end.0, &self.end.1));
        // Pinned mass of either sign grows as mass arrives: to second order it is the mean of both ends.
        let signed = |moments: &Moments, b: usize| moments.boundary[b][0] - moments.boundary[b][2];
        for (b, share) in tally.event_particles.boundary.iter_mut().enumerate() {
            share.signed_start = signed(push.start, b);
            share.signed_mass = 0.5 * (share.signed_start + signed(&tally.moments, b));
        }
        tally.event_particles.any = true;
    }

    fn accept(&mut self, regions: &Regions, moments: &Moments, state: &mut State) -> bool {
        let all = self.grid.all();
        let mut releases = Releases::default();
        let mut changed = false;
        let before = self.split(&state.particles.density().cells);
        let reaches: Vec<Vec<Reach>> = (0..self.slices.len())
            .map(|i| {
                let (moved, tv) = &self.moved[i];
                reaches(&self.grid, &self.slices[i], before[i], |b, sign| moved[b] - sign * tv)
            })
            .collect();
        for (index, (slice, cells)) in self.slices.iter_mut().zip(&mut self.trial).enumerate() {
            let field = (&self.end.0[..], &self.end.1);
            let line = (index, &*slice, &reaches[index][..]);
            releases += release(&self.grid, regions, line, cells, field, &mut self.released);
            let parts = self.released.iter().filter(|part| part.slice == index).map(|part| part.q);
            let reach = parts.fold([0.0, 0.0], |[low, high]: [f64; 2], q| [low.min(q), high.max(q)]);
            changed |= extend_rows(slice, cells, all, reach);
        }
        self.counted = Counters {
            releases: releases.lines,
            ambiguous_releases: releases.ambiguous_lines,
            ambiguous_mass: releases.ambiguous_mass,
            ..Counters::default()
        };
        let columns = state.particles.density_mut();
        columns.layout = layout::write(columns.layout[0], &self.slices);
        columns.cells.clear();
        self.trial.iter().for_each(|cells| columns.cells.extend_from_slice(cells.as_flattened()));
        columns.stuck.clone_from(&self.stuck);
        columns.released = self.released.iter().flat_map(Released::numbers).collect();
        columns.moments = moments.to_flat();
        if !releases.any && !changed {
            return false;
        }
        let cells: Vec<&[Lanes]> = self.trial.iter().map(Vec::as_slice).collect();
        let mut moments = Moments::zero(regions.boundaries());
        self.sum(&mut moments, regions, (&cells, &self.released), (&self.end.0, &self.end.1));
        state.particles.density_mut().moments = moments.to_flat();
        true
    }

    fn grows(&self) -> bool {
        self.slices.iter().any(|slice| slice.coordinate.turns())
    }

    fn turn(&self, tolerance: f64) -> f64 {
        libm::cbrt(SPLITTING * tolerance)
    }

    fn is_on_grid(&self) -> bool {
        true
    }

    fn take_counted(&mut self) -> Counters {
        std::mem::take(&mut self.counted)
    }

    fn take_touched(&mut self, _pushes: u32) -> u64 {
        std::mem::take(&mut self.touched)
    }
}
