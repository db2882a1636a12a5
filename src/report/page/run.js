// Puts the page of a run in motion.

// What each picture shows, for those who cannot see it.
moved.push(() => {
  const i = view.frame;
  const t = `t = ${short(A.time[i])}`;
  const clusters = clustersNow().length;
  const worst = largest(Array.from(A.x, (_, q) => Math.abs(A.residual[i * samplesShown + q])));
  const say = (id, text) => byId(id).setAttribute("aria-label", text);
  say("function", `The function at ${t} through ${data.samples} samples; largest residual ${short(worst)}.`);
  say("plane", `${measure.words} in the plane at ${t}; ${clusters} pinned clusters hold ${percent(A.pinned[i])} of the mass, ${percent(A.dead[i])} is dead.`);
  say("cylinder", `The same by direction and strength at ${t}.`);
  say("residuals", `Residuals at ${t}; the residual ODE differs from the ${measure.of} by ${short(A.ode_difference[2 * i], 2)}, as printed by ${short(A.ode_difference[2 * i + 1], 2)}.`);
  say("course-kernel", `The tangent kernel has changed by ${change(A.kernel_change[i])} at ${t}.`);
  if (follows) say("course-turned", `Neurons have turned by ${short(degrees(i))} degrees at ${t}.`);
  say("course-mass", `${percent(A.pinned[i])} of the mass is pinned and ${percent(A.dead[i])} dead at ${t}.`);
  say("course-loss", `The loss is ${short(A.loss[i])} at ${t}.`);
});

const asked = new URLSearchParams(location.hash.slice(1)).get("frame");
goTo(asked === null ? frames - 1 : Number(asked) || 0);
