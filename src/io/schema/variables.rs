//! The list of all variables of a run file.

use crate::problem::{Regions, Truth};
use crate::run::{Description, Ending, Snapshot};

use super::super::piece::Piece;
use super::dimensions::Dim::*;
use super::dimensions::Group;
use super::entry::{column, index, long, number, of_path, path, root, steps, vectors, whole};
use super::grid;
use super::kind::Kind;
use super::variable::{Field, Source, Variable, When};

const PLACES: &[(i8, &str)] = &[(0, "free"), (1, "pinned"), (2, "dead"), (3, "stuck"), (4, "stuck_pinned")];
const RULES: &[(i8, &str)] = &[(0, "hermite"), (1, "quadratic")];
const ENDINGS: &[(i8, &str)] = &[(0, "none"), (1, "rest"), (2, "loss"), (3, "speed")];
const CLASSES: &[(i8, &str)] = &[(-1, "repulsor"), (0, "passthrough"), (1, "attractor"), (2, "dead_edge")];

/// The names of [`Snapshot::risk`]: inside the range of the samples, and outside.
pub(crate) const RISKS: [[&str; 3]; 2] =
    [["risk_l1", "risk_l2", "risk_max"], ["outside_risk_l1", "outside_risk_l2", "outside_risk_max"]];

/// A number of [`RISKS`].
fn risk(snapshot: &Snapshot, [part, k]: [usize; 2]) -> Piece {
    let risks = snapshot.risk.expect("the snapshot has the risk, as the truth is known");
    Piece::F64(vec![risks[part].values()[k]])
}

/// # Panics
/// If it was not asked for: then the variable is not in the file.
fn function(snapshot: &Snapshot) -> Vec<f64> {
    snapshot.function.as_ref().expect("the snapshot has the function that was asked for").to_vec()
}

/// # Panics
/// If it is not known: then the variable is not in the file.
fn truth(description: &Description) -> &Truth {
    description.truth.as_ref().expect("the truth is known")
}

/// All variables, in the order in which they are created. Row checksums cover the variables of
/// their group in this order.
pub static VARIABLES: &[Variable] = &[
    // Coordinates of the root.
    root("time", &[Time], Kind::F64, Source::Snapshot(|s| Piece::F64(vec![s.time])))
        .says("mean-field time: gradient-descent time divided by the number of particles"),
    index(Group::Root, "sample", &[Sample]).says("sample number, x ascending, ties merged"),
    index(Group::Root, "sample_column", &[SampleColumn])
        .says("sample number, second index of the tangent kernel")
        .when(When::Kernel),
    index(Group::Root, "eigenvalue", &[Eigenvalue])
        .says("number of the eigenvalue, ascending")
        .when(When::Kernel),
    index(Group::Root, "region", &[Region])
        .says("region number, anticlockwise; region k lies between boundaries k-1 and k, region 0 is dead"),
    index(Group::Root, "boundary", &[Boundary]).says("boundary number, anticlockwise"),
    root("sign", &[Sign], Kind::I8, Source::Fixed(|_, range| Piece::I8([1, -1][range].to_vec())))
        .says("sign of r; 0 counts as the sign with which it sets off"),
    root("component", &[Component], Kind::Text, Source::Text(&["xx", "xy", "yy"]))
        .says("component of a symmetric 2 x 2 matrix"),
    root(
        "particle",
        &[Particle],
        Kind::I64,
        Source::Fixed(|d, range| Piece::I64(range.map(|i| d.output.particles.index(i, d.mass.len()) as i64).collect())),
    )
    .says("number of the particle among all particles")
    .when(When::Stored),
    root(
        "all_particles",
        &[AllParticles],
        Kind::I64,
        Source::Fixed(|_, range| Piece::I64(range.map(|i| i as i64).collect())),
    )
    .says("particle number")
    .when(When::Thinned),
    root(
        "schedule",
        &[Schedule],
        Kind::F64,
        Source::Fixed(|d, range| Piece::F64(d.schedule.times()[range].to_vec())),
    )
    .says("times at which snapshots are due"),
    root("risk_x", &[RiskX], Kind::F64, Source::Fixed(|d, range| Piece::F64(truth(d).x()[range].to_vec())))
        .says("points at which distances to the truth are measured")
        .when(When::Truth),
    root("grid", &[Grid], Kind::F64, Source::Fixed(|d, range| Piece::F64(range.map(|i| d.grid_point(i)).collect())))
        .says("points at which the function is stored")
        .when(When::Function),
    root("amplitude", &[Amplitude], Kind::F64, Source::Fixed(|d, range| Piece::F64(grid::amplitudes(d, range))))
        .says("signed amplitude r, middle of the row")
        .bounds("amplitude_bounds")
        .equation("section 2")
        .when(When::Density),
    root("theta", &[Theta], Kind::F64, Source::Fixed(|d, range| Piece::F64(grid::directions(d, range))))
        .says("direction, middle of the column; from boundary 0 anticlockwise")
        .units("rad")
        .bounds("theta_bounds")
        .equation("section 2")
        .when(When::Density),
    index(Group::Root, "bound", &[Bound]).says("lower and upper end of a cell").when(When::Density),
    root("edge", &[Edge], Kind::I32, Source::Fixed(|d, range| Piece::I32(grid::edges(d, range))))
        .says("boundaries of the dead region")
        .when(When::Density),
    // Fixed before the run.
    root(
        "amplitude_bounds",
        &[Amplitude, Bound],
        Kind::F64,
        Source::Fixed(|d, range| Piece::F64(grid::amplitude_bounds(d, range))),
    )
    .says("ends of the rows in r")
    .when(When::Density),
    root(
        "theta_bounds",
        &[Theta, Bound],
        Kind::F64,
        Source::Fixed(|d, range| Piece::F64(grid::direction_bounds(d, range))),
    )
    .says("ends of the columns in theta; none crosses a boundary")
    .units("rad")
    .when(When::Density),
    root("x", &[Sample], Kind::F64, Source::Fixed(|d, range| Piece::F64(d.samples.x()[range].to_vec())))
        .says("x of the samples, as the flow sees them")
        .equation("section 1"),
    root("y", &[Sample], Kind::F64, Source::Fixed(|d, range| Piece::F64(d.samples.y()[range].to_vec())))
        .says("y of the samples, means over ties")
        .equation("section 1"),
    root(
        "sample_weight",
        &[Sample],
        Kind::F64,
        Source::Fixed(|d, range| Piece::F64(d.samples.weight()[range].to_vec())),
    )
    .says("n_j, number of samples merged")
    .equation("section 1"),
    root(
        "boundary_angle",
        &[Boundary],
        Kind::F64,
        Source::Fixed(|d, range| {
            let regions = Regions::new(&d.samples);
            Piece::F64(range.map(|b| regions.angle(b)).collect())
        }),
    )
    .says("angle of the boundary, unwrapped, ascending")
    .units("rad")
    .equation("section 3: -atan x_j, pi - atan x_j"),
    root(
        "boundary_sample",
        &[Boundary],
        Kind::I32,
        Source::Fixed(|d, range| {
            let regions = Regions::new(&d.samples);
            Piece::I32(range.map(|b| regions.sample(b) as i32).collect())
        }),
    )
    .says("sample that switches at the boundary")
    .equation("section 3"),
    root("truth", &[RiskX], Kind::F64, Source::Fixed(|d, range| Piece::F64(truth(d).value()[range].to_vec())))
        .says("the function that the samples were taken from, as the flow sees it")
        .units("units of y")
        .when(When::Truth),
    root("mass", &[AllParticles], Kind::F64, Source::Fixed(|d, range| Piece::F64(d.mass[range].to_vec())))
        .says("mass of the particle, constant in time")
        .equation("section 2"),
    root("delta", &[AllParticles], Kind::F64, Source::Fixed(|d, range| Piece::F64(d.delta[range].to_vec())))
        .says("invariant c^2 - |w|^2 of the neuron at the start; constant in the lifted flow")
        .equation("section 2")
        .when(When::Neurons),
    // One row per snapshot.
    root("step_count", &[Time], Kind::I64, Source::Snapshot(|s| Piece::I64(vec![s.step as i64])))
        .says("accepted steps so far"),
    root(
        "ending",
        &[Time],
        Kind::I8,
        Source::Snapshot(|s| Piece::I8(vec![s.ending.map_or(0, Ending::code)])),
    )
    .says("criterion that ends the run at this snapshot; none where it goes on or is at its end")
    .equation("section 15")
    .flags(ENDINGS)
    .when(When::Until),
    root("output_bias", &[Time], Kind::F64, Source::Snapshot(|s| Piece::F64(vec![s.output_bias])))
        .says("output bias of the network")
        .units("units of y")
        .equation("section 21: db/dt = -rate Sum_j n_j rho_j")
        .when(When::OutputBias),
    root("residual", &[Time, Sample], Kind::F64, Source::Snapshot(|s| Piece::F64(s.residual.to_vec())))
        .says("rho_j = f(x_j) - y_j of the particles")
        .equation("section 2"),
    root(
        "residual_ode",
        &[Time, Sample],
        Kind::F64,
        Source::Snapshot(|s| Piece::F64(s.residual_ode.to_vec())),
    )
    .says("residual from its own ODE, pinned mass without the angular part")
    .equation("section 7: d rho/dt = -K_t N rho"),
    root(
        "residual_ode_uncorrected",
        &[Time, Sample],
        Kind::F64,
        Source::Snapshot(|s| Piece::F64(s.residual_ode_uncorrected.to_vec())),
    )
    .says("residual from its own ODE as W Proposition 1 prints it, without a term for pinned mass")
    .equation("section 7; W Proposition 1"),
    root("loss", &[Time], Kind::F64, Source::Snapshot(|s| Piece::F64(vec![s.loss])))
        .says("loss of the merged samples; add merged_loss for the loss of the raw ones")
        .equation("section 2: L = 1/2 Sum_j n_j rho_j^2"),
    root(
        "penalty",
        &[Time],
        Kind::F64,
        Source::Snapshot(|s| Piece::F64(vec![s.penalty])),
    )
    .says("total-variation term, or weight decay of the layers that train")
    .equation("section 5: tv Int |r| mu; section 21: weight_decay / 2 Int (c^2 + |w|^2) mu"),
    root(
        "energy_dissipation",
        &[Time],
        Kind::F64,
        Source::Snapshot(|s| Piece::F64(vec![s.energy_dissipation])),
    )
    .says("-d(loss + penalty)/dt, from the particles")
    .equation("section 8: Int |velocity|^2 mu"),
    root(
        "tangent_kernel_change",
        &[Time],
        Kind::F64,
        Source::Snapshot(|s| Piece::F64(vec![s.tangent_kernel_change])),
    )
    .says("relative change of the tangent kernel since the start, Frobenius norm")
    .equation("section 7: |K_t - K_0| / |K_0|"),
    root("region_mass", &[Time, Region], Kind::F64, Source::Snapshot(|s| Piece::F64(s.region_mass.to_vec())))
        .says("mass of the free particles in the region; dead mass in region 0"),
    root(
        "region_covariance",
        &[Time, Region, Component],
        Kind::F64,
        Source::Snapshot(|s| Piece::F64(s.region_covariance.iter().copied().collect())),
    )
    .says("Sigma_k of the free particles, times kappa^2: d rho_j/dt = -Sum_(k: j active) xt_j^T Sigma_k g_k with g_k = Sum_(j active in k) n_j rho_j xt_j")
    .equation("section 7: Sigma_k = Int_(region k) M mu"),
    root(
        "pinned_mass",
        &[Time, Boundary, Sign],
        Kind::F64,
        Source::Snapshot(|s| Piece::F64(s.pinned_mass.iter().copied().collect())),
    )
    .says("mass pinned on the boundary, by sign of r")
    .equation("section 6"),
    root(
        "attractor",
        &[Time, Boundary, Sign],
        Kind::I8,
        Source::Snapshot(|s| Piece::I8(s.attractor.iter().copied().collect())),
    )
    .says("class of the boundary, by sign of r")
    .equation("section 6; W Lemma 2, corrected")
    .flags(CLASSES),
    root("stuck_mass", &[Time], Kind::F64, Source::Snapshot(|s| Piece::F64(vec![s.stuck_mass])))
        .says("mass stuck at r = 0 by the total-variation term")
        .equation("section 6"),
    root(
        "density",
        &[Time, Amplitude, Theta],
        Kind::Particle,
        Source::Density(|d| Piece::F64(d.density.clone())),
    )
    .says("density of the measure per unit r and radian: mean over the cell")
    .equation("section 16")
    .units("rad-1")
    .when(When::Density),
    root(
        "line_density",
        &[Time, Boundary, Amplitude],
        Kind::Particle,
        Source::Density(|d| Piece::F64(d.line_density.clone())),
    )
    .says("mass pinned on the boundary, per unit r: mean over the row")
    .equation("section 16")
    .when(When::Density),
    root(
        "dead_line_density",
        &[Time, Edge, Amplitude],
        Kind::Particle,
        Source::Density(|d| Piece::F64(d.dead_line_density.clone())),
    )
    .says("mass that has come to lie dead on the edge of the dead region, per unit r: mean over the row")
    .equation("section 16")
    .when(When::Density),
    root(
        "stuck_density",
        &[Time, Theta],
        Kind::Particle,
        Source::Density(|d| Piece::F64(d.stuck_density.clone())),
    )
    .says("mass stuck at r = 0 by the total-variation term, per radian: mean over the column; off boundaries")
    .equation("section 16")
    .units("rad-1")
    .when(When::Density),
    root(
        "stuck_line_mass",
        &[Time, Boundary],
        Kind::F64,
        Source::Density(|d| Piece::F64(d.stuck_line_mass.clone())),
    )
    .says("mass stuck at r = 0 on the boundary; on the edges of the dead region also what is dead there")
    .when(When::Density),
    root("mass_outside", &[Time], Kind::F64, Source::Density(|d| Piece::F64(vec![d.mass_outside])))
        .says("mass with larger amplitudes than are stored; output.amplitude sets how far that is")
        .when(When::Density),
    root("r", &[Time, Particle], Kind::Particle, Source::Particles(Field::R))
        .says("signed amplitude of the particle, kappa c |w|")
        .equation("section 2")
        .when(When::Stored),
    root("theta", &[Time, Particle], Kind::Particle, Source::Particles(Field::Theta))
        .says("direction of the particle, atan2(-b, a), in [0, 2 pi); 0 where a = b = 0")
        .units("rad")
        .equation("section 2")
        .when(When::Stored),
    root("c", &[Time, Particle], Kind::Particle, Source::Particles(Field::C))
        .says("output weight of the neuron")
        .equation("section 2")
        .when(When::StoredNeurons),
    root("a", &[Time, Particle], Kind::Particle, Source::Particles(Field::A))
        .says("slope of the neuron; its knot is at b / a")
        .equation("section 2")
        .when(When::StoredNeurons),
    root("b", &[Time, Particle], Kind::Particle, Source::Particles(Field::B))
        .says("offset of the neuron")
        .equation("section 2")
        .when(When::StoredNeurons),
    root("place", &[Time, Particle], Kind::I8, Source::Particles(Field::Place))
        .says("what the particle is doing")
        .equation("section 6")
        .flags(PLACES)
        .when(When::Stored),
    root("place_index", &[Time, Particle], Kind::I32, Source::Particles(Field::PlaceIndex))
        .says("region of the particle; boundary when it is pinned or stuck_pinned")
        .when(When::Stored),
    root(
        "tangent_kernel",
        &[Time, Sample, SampleColumn],
        Kind::F64,
        Source::Snapshot(|s| {
            let kernel = s.tangent_kernel.as_ref().expect("the snapshot has the kernel that was asked for");
            Piece::F64(kernel.iter().copied().collect())
        }),
    )
    .says("tangent kernel K_t")
    .equation("section 7")
    .when(When::Kernel),
    root(
        "tangent_kernel_eigenvalues",
        &[Time, Eigenvalue],
        Kind::F64,
        Source::Snapshot(|s| {
            let values = s.tangent_kernel_eigenvalues.as_ref();
            Piece::F64(values.expect("the snapshot has the eigenvalues that were asked for").to_vec())
        }),
    )
    .says("eigenvalues of N^(1/2) K_t N^(1/2)")
    .equation("section 7")
    .when(When::Kernel),
    root(
        "quadrature_error_estimate",
        &[Time],
        Kind::F64,
        Source::Snapshot(|s| {
            // Not a number where the finer one was not run.
            Piece::F64(vec![s.error_estimate.unwrap_or(f64::NAN)])
        }),
    )
    .says("largest difference of a residual to a run with twice the nodes")
    .units("units of y")
    .when(When::Estimated),
    root(
        "density_error_estimate",
        &[Time],
        Kind::F64,
        Source::Snapshot(|s| Piece::F64(vec![s.error_estimate.unwrap_or(f64::NAN)])),
    )
    .says("largest difference of a residual to a run with half as many cells each way")
    .units("units of y")
    .when(When::EstimatedDensity),
    root("risk_l1", &[Time], Kind::F64, Source::Snapshot(|s| risk(s, [0, 0])))
        .says("mean distance to the truth over the range of the samples")
        .units("units of y")
        .when(When::Truth),
    root("risk_l2", &[Time], Kind::F64, Source::Snapshot(|s| risk(s, [0, 1])))
        .says("root mean square distance to the truth over the range of the samples")
        .units("units of y")
        .when(When::Truth),
    root("risk_max", &[Time], Kind::F64, Source::Snapshot(|s| risk(s, [0, 2])))
        .says("largest distance to the truth over the range of the samples")
        .units("units of y")
        .when(When::Truth),
    root("outside_risk_l1", &[Time], Kind::F64, Source::Snapshot(|s| risk(s, [1, 0])))
        .says("mean distance to the truth over half the range of the samples on either side of it")
        .units("units of y")
        .with_gaps()
        .when(When::Truth),
    root("outside_risk_l2", &[Time], Kind::F64, Source::Snapshot(|s| risk(s, [1, 1])))
        .says("root mean square distance to the truth over half the range of the samples on either side of it")
        .units("units of y")
        .with_gaps()
        .when(When::Truth),
    root("outside_risk_max", &[Time], Kind::F64, Source::Snapshot(|s| risk(s, [1, 2])))
        .says("largest distance to the truth over half the range of the samples on either side of it")
        .units("units of y")
        .with_gaps()
        .when(When::Truth),
    root("f", &[Time, Grid], Kind::F64, Source::Snapshot(|s| Piece::F64(function(s))))
        .says("function of the network, output bias included")
        .units("units of y")
        .equation("section 2")
        .when(When::Function),
    root("crossings", &[Time], Kind::I64, Source::Counter)
        .says("crossings into a live region since the start"),
    root("deaths", &[Time], Kind::I64, Source::Counter)
        .says("crossings into the dead region since the start"),
    root("pins", &[Time], Kind::I64, Source::Counter).says("arrivals at an attractor since the start"),
    root("releases", &[Time], Kind::I64, Source::Counter)
        .says("departures from a boundary since the start, ambiguous ones included"),
    root("ambiguous_releases", &[Time], Kind::I64, Source::Counter)
        .says("releases since the start because r changed sign, and flips, where the flow is not unique")
        .equation("section 6"),
    root("sticks", &[Time], Kind::I64, Source::Counter)
        .says("particles caught at r = 0 by the total-variation term since the start"),
    root("unsticks", &[Time], Kind::I64, Source::Counter)
        .says("particles set free from r = 0 since the start"),
    root("sign_changes", &[Time], Kind::I64, Source::Counter)
        .says("passages of r through 0 under the total-variation term since the start"),
    root("flips", &[Time], Kind::I64, Source::Counter)
        .says("passages of w = (a, -b) through the origin since the start")
        .equation("section 6"),
    root("ambiguous_mass", &[Time], Kind::F64, Source::Counter)
        .says("mass that took part in ambiguous releases and flips since the start")
        .equation("section 6"),
    root("row_checksum", &[Time], Kind::U32, Source::Checksum)
        .says("CRC-32 of this row: the little-endian bytes of all other time variables, in the order of the file, then of time"),
    // One row per step.
    steps(
        "step",
        Kind::I64,
        Source::Step(|steps, first| Piece::I64((0..steps.len()).map(|i| (first + i + 1) as i64).collect())),
    )
    .says("number of the accepted step, from 1"),
    steps("time", Kind::F64, Source::Step(|steps, _| number(steps, |s| s.time)))
        .says("mean-field time at the end of the step"),
    steps("step_size", Kind::F64, Source::Step(|steps, _| number(steps, |s| s.step_size)))
        .says("length of the step"),
    steps("loss", Kind::F64, Source::Step(|steps, _| number(steps, |s| s.loss)))
        .says("L = 1/2 Sum_j n_j rho_j^2 of the particles at the end of the step")
        .equation("section 2"),
    steps("error_estimate", Kind::F64, Source::Step(|steps, _| number(steps, |s| s.error_estimate)))
        .says("estimate of the local error of the residual")
        .equation("section 9"),
    steps("pushes", Kind::U32, Source::Step(|steps, _| whole(steps, |s| s.pushes)))
        .says("pushes of all particles for the step, rejected attempts included"),
    steps("rejections", Kind::U32, Source::Step(|steps, _| whole(steps, |s| s.rejections)))
        .says("attempts rejected before the step"),
    steps("touched", Kind::I64, Source::Step(|steps, _| long(steps, |s| s.touched)))
        .says("particles that were handled one by one in the step")
        .equation("section 10"),
    steps("crossings", Kind::I64, Source::Counter).says("crossings into a live region"),
    steps("deaths", Kind::I64, Source::Counter).says("crossings into the dead region"),
    steps("pins", Kind::I64, Source::Counter).says("arrivals at an attractor"),
    steps("releases", Kind::I64, Source::Counter).says("departures from a boundary, ambiguous ones included"),
    steps("ambiguous_releases", Kind::I64, Source::Counter)
        .says("releases because r changed sign, and flips, where the flow is not unique"),
    steps("sticks", Kind::I64, Source::Counter).says("particles caught at r = 0"),
    steps("unsticks", Kind::I64, Source::Counter).says("particles set free from r = 0"),
    steps("sign_changes", Kind::I64, Source::Counter).says("passages of r through 0"),
    steps("flips", Kind::I64, Source::Counter).says("passages of w = (a, -b) through the origin"),
    steps("ambiguous_mass", Kind::F64, Source::Counter).says("mass that took part in ambiguous releases and flips"),
    path("residual", &[Step, Sample], Kind::F64, Source::Step(|steps, _| vectors(steps, |path| &path.residual)))
        .says("rho_j of the particles at the end of the step")
        .units("units of y")
        .equation("section 2"),
    path("residual_rate", &[Step, Sample], Kind::F64, Source::Step(|steps, _| vectors(steps, |path| &path.residual_rate)))
        .says("d rho_j/dt at the end of the step")
        .units("units of y / time")
        .equation("section 7"),
    path(
        "path_rule",
        &[Step],
        Kind::I8,
        Source::Step(|steps, _| Piece::I8(steps.iter().map(|step| of_path(step).rule.code()).collect())),
    )
    .says("how the path of the residuals goes over the step: a cubic through the values and rates of both ends, or a parabola without the rate at the start; the first step of a run is read as a parabola")
    .equation("section 9")
    .flags(RULES),
    steps("row_checksum", Kind::U32, Source::Checksum)
        .says("CRC-32 of this row: the little-endian bytes of all other step variables, in the order of the file, then of step"),
    // What a restart needs.
    index(Group::Checkpoint, "slot", &[Slot]).says("the two slots are overwritten in turn"),
    index(Group::Checkpoint, "header_field", &[HeaderField]).says("field of the header"),
    index(Group::Checkpoint, "number", &[Number]).says("entry of numbers"),
    index(Group::Checkpoint, "count", &[Count]).says("entry of counts"),
    index(Group::Checkpoint, "canonical_particle", &[CanonicalParticle]).says("position of a canonical particle"),
    index(Group::Checkpoint, "neuron", &[Neuron]).says("position of a neuron"),
    index(Group::Checkpoint, "bin_entry", &[BinEntry]).says("entry of bins"),
    index(Group::Checkpoint, "displacement_entry", &[DisplacementEntry]).says("entry of displacements"),
    index(Group::Checkpoint, "safe_displacement_entry", &[SafeDisplacementEntry]).says("entry of safe_displacements"),
    index(Group::Checkpoint, "neuron_velocity", &[NeuronVelocity])
        .says("position of a neuron that moves with momentum or by Adam"),
    index(Group::Checkpoint, "neuron_square", &[NeuronSquare]).says("position of a neuron that moves by Adam"),
    index(Group::Checkpoint, "frame_entry", &[FrameEntry]).says("entry of frame"),
    index(Group::Checkpoint, "decay_entry", &[DecayEntry]).says("entry of decay"),
    index(Group::Checkpoint, "moment", &[Moment]).says("entry of moments"),
    index(Group::Checkpoint, "initial_moment", &[InitialMoment]).says("entry of initial_moments"),
    index(Group::Checkpoint, "memory_entry", &[MemoryEntry]).says("entry of memory"),
    index(Group::Checkpoint, "layout_entry", &[LayoutEntry]).says("entry of layout"),
    index(Group::Checkpoint, "used_entry", &[UsedEntry]).says("entry of used"),
    index(Group::Checkpoint, "cell_entry", &[Cell]).says("entry of cells"),
    index(Group::Checkpoint, "stuck_entry", &[StuckEntry]).says("entry of stuck"),
    index(Group::Checkpoint, "released_entry", &[ReleasedEntry]).says("entry of released"),
    Variable { source: Source::Header, ..column("header", &[Slot, HeaderField], Kind::U64) }
        .says("sequence number (the higher slot is newer), snapshots, scheduled snapshots, steps, CRC-32 of the columns, CRC-32 of this header"),
    column("numbers", &[Slot, Number], Kind::F64).says("time, next step size, scale of the residuals, ambiguous mass; of a network with an output bias, that, and what gradient descent remembers of its past gradients"),
    column("counts", &[Slot, Count], Kind::U64).says("steps, events at the last grouping, then the event counters in the order of the root"),
    column("position", &[Slot, AllParticles], Kind::U32)
        .says("where in the following columns each particle is"),
    column("r", &[Slot, CanonicalParticle], Kind::F64).says("signed amplitude, by position"),
    column("theta", &[Slot, CanonicalParticle], Kind::F64)
        .says("direction, unwrapped: in the interval of its region; by position")
        .units("rad"),
    column("c", &[Slot, Neuron], Kind::F64).says("output weight in the frame of its place, by position"),
    column("w_x", &[Slot, Neuron], Kind::F64).says("first component of w = (a, -b) in the frame of its place, by position"),
    column("w_y", &[Slot, Neuron], Kind::F64).says("second component of w = (a, -b) in the frame of its place, by position"),
    column("bins", &[Slot, BinEntry], Kind::U32).says("position of the first neuron of each bin (regions, clusters by boundary and sign of c, origin), then of the end"),
    column("displacements", &[Slot, DisplacementEntry], Kind::F64).says("of each bin: bounds on how far its boundaries and output weights have moved in the frames of its neurons; how often the field across its boundaries has turned; the sign of c that goes away from each of them, or 0"),
    column("safe_displacements", &[Slot, SafeDisplacementEntry], Kind::F64).says("displacements up to which no neuron of a block can have met a boundary, in all three measures"),
    column("v_c", &[Slot, NeuronVelocity], Kind::F64)
        .says("sum of past gradients of c under momentum, of Adam their mean, by position"),
    column("v_x", &[Slot, NeuronVelocity], Kind::F64)
        .says("sum of past gradients of w_x under momentum, of Adam their mean, by position"),
    column("v_y", &[Slot, NeuronVelocity], Kind::F64)
        .says("sum of past gradients of w_y under momentum, of Adam their mean, by position"),
    column("q_c", &[Slot, NeuronSquare], Kind::F64)
        .says("Adam's mean square of past gradients of c, by position"),
    column("q_x", &[Slot, NeuronSquare], Kind::F64)
        .says("Adam's mean square of past gradients of w_x, by position"),
    column("q_y", &[Slot, NeuronSquare], Kind::F64)
        .says("Adam's mean square of past gradients of w_y, by position"),
    column("frame", &[Slot, FrameEntry], Kind::F64)
        .says("frames of the regions, then of the boundaries: row-major 3 x 3 matrices that act on (c, w)")
        .equation("section 10"),
    column("decay", &[Slot, DecayEntry], Kind::F64)
        .says("weight decay: the time since which it has been a factor beside the neurons, the factors of c and of w")
        .equation("section 21"),
    column("place", &[Slot, AllParticles], Kind::U32).says("kind (upper 3 bits) and index (lower 29 bits) of the place; by position"),
    Variable { source: Source::Used, ..column("used", &[Slot, UsedEntry], Kind::U64) }
        .says("how many entries of cells and of released count: there is room for more"),
    column("layout", &[Slot, LayoutEntry], Kind::F64)
        .says("columns per turn; of each slice of one invariant: the invariant, the first row, blocks of eight rows, width of a row")
        .equation("section 16"),
    column("cells", &[Slot, Cell], Kind::F64)
        .says("masses of cells: block, column, row of the block; columns of the grid, then of what is pinned on each boundary, then dead on both edges")
        .equation("section 16"),
    column("stuck", &[Slot, StuckEntry], Kind::F64).says("mass stuck at r = 0, by columns of cells"),
    column("released", &[Slot, ReleasedEntry], Kind::F64)
        .says("what boundaries have released and none holds again: slice, region, q, theta and mass of each part"),
    column("moments", &[Slot, Moment], Kind::F64).says("region and boundary moments"),
    column("residual_ode", &[Slot, Sample], Kind::F64).says("residual ODE, corrected"),
    column("residual_ode_uncorrected", &[Slot, Sample], Kind::F64).says("residual ODE as printed"),
    column("memory", &[Slot, MemoryEntry], Kind::F64).says("the step controller's memory of the last step; of gradient descent, from entry 1 on, the sums of past rates of both residual ODEs"),
    column("initial_moments", &[Slot, InitialMoment], Kind::F64).says("moments at the start of the run"),
];
