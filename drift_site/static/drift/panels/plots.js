// Everything that is drawn with uPlot.

export { Plot } from "./plot.js";
export { groupOf, PlotGroup } from "./plotgroup.js";
export { ScrollingPlots } from "./scrolling.js";
