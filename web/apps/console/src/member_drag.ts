/** A member of one room on its way to another, by drag and drop. */

/** Nothing outside this page makes or takes it. */
const KIND = "application/x-crosspatch-member";

export interface DraggedMember {
  readonly room: string;
  readonly leg: string;
}

export function drag(event: DragEvent, member: DraggedMember): void {
  event.dataTransfer?.setData(KIND, JSON.stringify(member));
  if (event.dataTransfer !== null) event.dataTransfer.effectAllowed = "move";
}

/** Whether a member is what hovers; which one is a secret until it is dropped. */
export function carriesMember(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes(KIND) === true;
}

export function dropped(event: DragEvent): DraggedMember | null {
  const text = event.dataTransfer?.getData(KIND) ?? "";
  if (text === "") return null;
  const { room, leg } = JSON.parse(text) as DraggedMember;
  return { room, leg };
}
