// Draws the charts described in the page's JSON with Chart.js, and nothing else.
'use strict';

const root = document.documentElement;
let errors = 0;
addEventListener('error', () => { root.dataset.errors = ++errors; });
root.dataset.errors = 0;

const color = (name) => getComputedStyle(root).getPropertyValue('--' + name).trim();

function lineColor(line) {
  if (line.role === 'actual') return color('ink');
  return color((line.role === 'baseline' ? 'baseline' : 'model') + (line.color % 6));
}

function formatNumber(value) {
  const size = Math.abs(value);
  if (size >= 1e12 || (size > 0 && size < 1e-4)) return value.toPrecision(4);
  const digits = size >= 1e4 ? {maximumFractionDigits: 1} : {maximumSignificantDigits: 5};
  return value.toLocaleString('en-US', {...digits, useGrouping: size >= 1e4});
}

// A line of few points, or with a point between two gaps, also shows its points.
function pointRadius(line) {
  if (line.style === 'points') return 2;
  const known = line.y.map((y) => y !== null);
  const count = known.filter(Boolean).length;
  const alone = known.some((k, i) => k && !known[i - 1] && !known[i + 1]);
  return count === 1 ? 3 : alone || count <= 40 ? 2 : 0;
}

function lineDataset(line) {
  const thin = line.role === 'baseline' || line.shared;
  return {
    label: line.name,
    entry: line.legend,
    data: line.x.map((x, i) => ({x, y: line.y[i] === null ? NaN : line.y[i]})),
    paint: () => lineColor(line),
    borderWidth: line.style === 'points' ? 0 : thin ? 1.4 : 2,
    borderDash: line.style === 'dashed' ? [5, 4] : [],
    pointRadius: pointRadius(line),
    pointBorderWidth: 0,
    pointHoverRadius: 4,
    clip: 5,  // a point on the edge of the plot is whole
    hidden: !line.shown,
    order: line.role === 'actual' ? 1 : line.role === 'baseline' ? 2 : 0,
  };
}

// A band is two invisible lines with the space between them filled.
function bandDatasets(band) {
  const edge = (values, fill) => ({
    label: band.name,
    entry: band.name,
    band: true,
    data: band.x.map((x, i) => ({x, y: values[i] === null ? NaN : values[i]})),
    paint: () => color('model' + (band.color % 6)),
    borderWidth: 0,
    pointRadius: 0,
    pointHoverRadius: 0,
    fill,
    order: 3,
  });
  const lower = edge(band.lower, false);
  lower.upper = band.upper;
  return [lower, edge(band.upper, '-1')];
}

function paint(dataset) {
  const shade = dataset.paint();
  dataset.borderColor = dataset.band ? 'transparent' : shade;
  dataset.backgroundColor = dataset.band ? shade + '2e' : shade;
  dataset.pointBackgroundColor = dataset.pointBorderColor = shade;
  dataset.pointHoverBackgroundColor = dataset.hoverBorderColor = shade;
  dataset.hoverBackgroundColor = dataset.backgroundColor;
}

// Hovering finds the nearest x of any line, then every point exactly there.
Chart.Interaction.modes.sameX = (chart, event) => {
  const metas = chart.getSortedVisibleDatasetMetas();
  let best = null;
  for (const meta of metas)
    for (const point of meta.data) {
      if (point.skip) continue;
      const distance = Math.abs(point.x - event.x);
      if (best === null || distance < best.distance) best = {distance, x: point.x};
    }
  const items = [];
  for (const meta of best === null ? [] : metas)
    meta.data.forEach((element, index) => {
      if (!element.skip && Math.abs(element.x - best.x) < 0.01)
        items.push({element, datasetIndex: meta.index, index});
    });
  return items;
};

// Vertical lines with a name above the plot, a row higher where the names would meet.
const marksPlugin = {
  id: 'marks',
  rows(chart) {
    const {ctx, scales, options} = chart;
    const ends = [];
    ctx.save();
    ctx.font = Chart.helpers.toFont(Chart.defaults.font).string;
    const placed = options.description.marks.map(([x, label]) => {
      const at = scales.x.getPixelForValue(x);
      const width = ctx.measureText(label).width;
      const start = Math.max(scales.x.left, Math.min(at + 4, scales.x.right - width));
      let row = 0;
      while (ends[row] > start) ++row;
      ends[row] = start + width + 8;
      return {at, label, start, row};
    });
    ctx.restore();
    return placed;
  },
  afterDatasetsDraw(chart) {
    const {ctx, chartArea} = chart;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = color('soft');
    ctx.lineWidth = 1;
    ctx.font = Chart.helpers.toFont(Chart.defaults.font).string;
    ctx.textBaseline = 'bottom';
    for (const {at, label, start, row} of this.rows(chart)) {
      ctx.setLineDash([2, 3]);
      if (at > chartArea.left + 1) {
        ctx.beginPath();
        ctx.moveTo(at, chartArea.top - 17 * row - 14);
        ctx.lineTo(at, chartArea.bottom);
        ctx.stroke();
      }
      ctx.fillText(label, start, chartArea.top - 4 - 17 * row);
    }
    const active = chart.tooltip && chart.tooltip.getActiveElements();
    if (active && active.length) {
      ctx.setLineDash([]);
      ctx.globalAlpha = 0.5;
      ctx.beginPath();
      ctx.moveTo(active[0].element.x, chartArea.top);
      ctx.lineTo(active[0].element.x, chartArea.bottom);
      ctx.stroke();
    }
    ctx.restore();
  },
};

function xAxis(description, names) {
  const {ticks} = description;
  const labels = new Map(ticks);
  const xs = [...description.lines, ...description.bands].flatMap((line) => line.x);
  const axis = {
    type: 'linear',
    min: xs.reduce((a, b) => Math.min(a, b), Infinity),
    max: xs.reduce((a, b) => Math.max(a, b), -Infinity),
    grid: {drawOnChartArea: false, tickLength: 5},
    title: {display: description.x_label !== '', text: description.x_label},
    ticks: {maxRotation: 0, autoSkipPadding: 18},
  };
  if (axis.min === axis.max) axis.min -= 1, axis.max += 1;
  if (description.whole_x) axis.ticks.precision = 0;
  if (ticks.length) {
    axis.afterBuildTicks = (scale) => {
      scale.ticks = ticks.filter(([x]) => x >= scale.min && x <= scale.max).map(([x]) => ({value: x}));
    };
    axis.ticks.callback = (value) => labels.get(value) ?? names.get(value) ?? '';
  } else {
    axis.ticks.callback = formatNumber;
  }
  return axis;
}

function yAxis(description) {
  const axis = {
    type: 'linear',
    beginAtZero: description.from_zero,
    grid: {drawTicks: false, drawBorder: false},
    ticks: {callback: formatNumber, maxTicksLimit: 8, padding: 8},
  };
  const own = description.logarithmic;
  if (own === null) return axis;
  const labels = new Map(own.ticks);
  axis.type = 'logarithmic';
  axis.min = own.min, axis.max = own.max;
  axis.ticks.callback = (value) => labels.get(value) ?? '';
  axis.afterBuildTicks = (scale) => { scale.ticks = own.ticks.map(([value]) => ({value})); };
  return axis;
}

function tooltip(description, names) {
  const steps = description.x_label === 'steps ahead';
  return {
    displayColors: true,
    usePointStyle: true,
    padding: 10,
    filter: (item, index) => index < 12 && !(item.dataset.band && !item.dataset.upper),
    callbacks: {
      title: (items) => {
        if (!items.length) return '';
        const x = items[0].parsed.x;
        if (names.has(x)) return names.get(x);
        return steps ? formatNumber(x) + ' steps ahead' : (description.x_label + ' ' + formatNumber(x)).trim();
      },
      label: (item) => {
        const upper = item.dataset.upper ? ' to ' + formatNumber(item.dataset.upper[item.dataIndex]) : '';
        return ' ' + item.dataset.label + '  ' + formatNumber(item.parsed.y) + upper;
      },
      labelPointStyle: () => ({pointStyle: 'circle', rotation: 0}),
    },
  };
}

function buildChart(figure, description) {
  const names = new Map(description.point_names);
  const datasets = [...description.lines.map(lineDataset), ...description.bands.flatMap(bandDatasets)];
  datasets.forEach(paint);
  const chart = new Chart(figure.querySelector('canvas'), {
    type: 'line',
    data: {datasets},
    options: {
      description,
      animation: false,
      maintainAspectRatio: false,
      normalized: true,
      layout: {padding: {right: 12}},
      interaction: {mode: 'sameX', intersect: false},
      elements: {line: {tension: 0, borderJoinStyle: 'round'}},
      scales: {x: xAxis(description, names), y: yAxis(description)},
      plugins: {legend: {display: false}, tooltip: tooltip(description, names)},
    },
    plugins: [marksPlugin],
  });
  figure.querySelector('figcaption').textContent = description.caption;
  buildLegend(figure.querySelector('.legend'), chart);
  return chart;
}

function sample(dataset) {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  const shape = document.createElementNS(space, dataset.band ? 'rect' : 'line');
  const set = (names) => Object.entries(names).forEach(([name, value]) => shape.setAttribute(name, value));
  if (dataset.band) set({x: 0, y: 1, width: 26, height: 10, fill: dataset.backgroundColor});
  else if (dataset.borderWidth === 0) set({x1: 13, x2: 13.01, y1: 6, y2: 6, 'stroke-width': 6, 'stroke-linecap': 'round', stroke: dataset.borderColor});
  else set({x1: 0, x2: 26, y1: 6, y2: 6, 'stroke-width': dataset.borderWidth, stroke: dataset.borderColor, 'stroke-dasharray': dataset.borderDash.join(' ')});
  svg.append(shape);
  return svg;
}

function buildLegend(legend, chart) {
  const entries = new Map();
  chart.data.datasets.forEach((dataset, index) => {
    if (!entries.has(dataset.entry)) entries.set(dataset.entry, []);
    entries.get(dataset.entry).push(index);
  });
  legend.replaceChildren();
  for (const [name, indices] of entries) {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(sample(chart.data.datasets[indices[0]]), name);
    button.setAttribute('aria-pressed', chart.isDatasetVisible(indices[0]));
    button.addEventListener('click', () => {
      const shown = !chart.isDatasetVisible(indices[0]);
      indices.forEach((index) => chart.setDatasetVisibility(index, shown));
      button.setAttribute('aria-pressed', shown);
      chart.update();
    });
    legend.append(button);
  }
}

function setDefaults() {
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.font.size = 12.5;
  Chart.defaults.color = color('soft');
  Chart.defaults.borderColor = color('faint');
  Object.assign(Chart.defaults.plugins.tooltip, {
    backgroundColor: color('ink'), titleColor: color('paper'), bodyColor: color('paper'),
  });
}

// Room above the plot for the rows of mark names, known once the axis is laid out.
function makeRoom(chart) {
  const rows = marksPlugin.rows(chart).reduce((most, mark) => Math.max(most, mark.row + 1), 0);
  const top = 4 + 17 * rows;
  if (chart.options.layout.padding.top === top) return;
  chart.options.layout.padding = {top, right: 12};
  chart.update();
}

let charts = [];

function drawAll() {
  const descriptions = JSON.parse(document.getElementById('charts').textContent);
  charts.forEach((chart) => chart.destroy());
  setDefaults();
  charts = descriptions.map((description) => {
    const figure = document.querySelector(`[data-chart="${description.id}"]`);
    const chart = buildChart(figure, description);
    makeRoom(chart);
    return chart;
  });
}

// For tests (the address ends in #check): counts the canvases that show their lines' colours.
function countDrawn() {
  const close = (a, b) => Math.abs(a - b) < 24;
  return charts.filter((chart) => {
    const {left, top, width, height} = chart.chartArea, ratio = chart.currentDevicePixelRatio;
    const pixels = chart.ctx.getImageData(left * ratio, top * ratio, width * ratio, height * ratio).data;
    return chart.getSortedVisibleDatasetMetas().filter((meta) => !chart.data.datasets[meta.index].band).some((meta) => {
      const [r, g, b] = chart.data.datasets[meta.index].paint().match(/[0-9a-f]{2}/gi).map((hex) => parseInt(hex, 16));
      let count = 0;
      for (let i = 0; i < pixels.length; i += 4)
        count += pixels[i + 3] > 128 && close(pixels[i], r) && close(pixels[i + 1], g) && close(pixels[i + 2], b);
      return count > 50;
    });
  }).length;
}

drawAll();
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
addEventListener('beforeprint', () => {
  document.querySelectorAll('details').forEach((details) => { details.open = true; });
  drawAll();
  charts.forEach((chart) => chart.resize());
});
addEventListener('afterprint', drawAll);
addEventListener('resize', () => charts.forEach(makeRoom));
if (location.hash === '#check') {
  root.dataset.charts = countDrawn();
  root.dataset.requests = performance.getEntriesByType('resource').length;
}
