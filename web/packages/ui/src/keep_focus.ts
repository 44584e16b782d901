/**
 * Where a control vanishes under somebody's keyboard (its member was moved, its room closed), the focus goes to
 * the line that took its place, else to the pane that it was in: a focus on nothing begins at the page's top.
 *
 * To the line and not to a control of it: a key that is still down must not act on the next member.
 */

const LINE = "li, section";

export function keepsFocus(root: HTMLElement): { destroy: () => void } {
  let last: Element | null = null;

  function came({ target }: FocusEvent): void {
    last = target instanceof Element ? target : null;
  }

  /** Some browsers say this of an element that is being taken out, and that one is still ours. */
  function went({ target }: FocusEvent): void {
    queueMicrotask(() => {
      if (last === target && last?.isConnected === true && document.activeElement !== last) last = null;
    });
  }

  const observer = new MutationObserver((records) => {
    if (last === null || last.isConnected) return;
    const lost = last;
    const record = records.find(({ removedNodes }) => [...removedNodes].some((node) => node.contains(lost)));
    // Whoever took the control away may know a better place; it has this frame to say so.
    if (record !== undefined) requestAnimationFrame(() => document.activeElement === document.body && focus(heir(record)));
  });

  root.addEventListener("focusin", came);
  root.addEventListener("focusout", went);
  observer.observe(root, { childList: true, subtree: true });
  return {
    destroy(): void {
      observer.disconnect();
      root.removeEventListener("focusin", came);
      root.removeEventListener("focusout", went);
    },
  };
}

function heir({ target, removedNodes, nextSibling, previousSibling }: MutationRecord): HTMLElement | null {
  const wasLine = [...removedNodes].some((node) => node instanceof Element && node.matches(LINE));
  const neighbour = wasLine ? (line(nextSibling, "nextSibling") ?? line(previousSibling, "previousSibling")) : null;
  return neighbour ?? (target instanceof Element ? target.closest<HTMLElement>(LINE) : null);
}

function line(from: Node | null, way: "nextSibling" | "previousSibling"): HTMLElement | null {
  for (let node = from; node !== null; node = node[way]) {
    if (node instanceof HTMLElement && node.isConnected && node.matches(LINE)) return node;
  }
  return null;
}

/** Focus what is no stop of the Tab key. */
function focus(place: HTMLElement | null): void {
  if (place === null) return;
  place.tabIndex = -1;
  place.addEventListener("blur", () => place.removeAttribute("tabindex"), { once: true });
  place.focus();
}
