// Calls to the simulator below /_sim.

async function read(response) {
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error || String(response.status));
  return answer;
}

export const get = async (path) => read(await fetch(`/_sim${path}`, { cache: "no-store" }));

export const post = async (path, body) =>
  read(
    await fetch(`/_sim${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    }),
  );
