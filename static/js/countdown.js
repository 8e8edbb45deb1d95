// Counts down to the change of the colour; the server has written the first text and says what time it is.
const node = document.querySelector("[data-countdown-to]");

if (node) {
  const until = Date.parse(node.dataset.countdownTo);
  const ahead = Date.parse(node.dataset.now) - performance.now();
  const paint = () => {
    const left = Math.max(0, Math.floor((until - ahead - performance.now()) / 1000));
    const values = { days: Math.floor(left / 86400), hours: Math.floor(left / 3600) % 24, minutes: Math.floor(left / 60) % 60, seconds: left % 60 };
    const text = values.days ? node.dataset.textDays : node.dataset.textHours;
    node.textContent = text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
    // The colour turns now: a new page says so.
    if (left === 0) {
      clearInterval(timer);
      setTimeout(() => location.reload(), 1500);
    }
  };
  const timer = setInterval(paint, 1000);
  paint();
}
